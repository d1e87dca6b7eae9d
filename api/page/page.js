// The citizen's page.  Plain old JavaScript on purpose: it has to run on old phones.
// It has no words and writes no answer: the form is posted as it is without it, and of
// the page that comes back the part `result` is put into this one.
(function () {
	'use strict';

	var FILE_MAX = 8 * 1024 * 1024;
	var TRIES_MAX = 5;
	var PARTS = ['busy', 'too-large', 'count', 'checking', 'no-code', 'sending'];
	var turn = 0;		// answers to earlier questions are dropped
	var timer = null;
	var native = false;	// the browser posts the form by itself
	var hashed = false;	// it is the hash that was asked about
	var last = null;	// the question that the page answers now

	function by(id) { return document.getElementById(id); }

	function empty(node) {
		while (node.firstChild)
			node.removeChild(node.firstChild);
	}

	// All that belongs to the question before.
	function clear() {
		var i;
		if (timer)
			clearInterval(timer);
		timer = null;
		for (i = 0; i < PARTS.length; i++)
			by(PARTS[i]).hidden = true;
		empty(by('result'));
		by('go').disabled = false;
	}

	function read(box) {
		box.hidden = false;
		if (!/\banswered\b/.test(document.body.className))
			document.body.className += ' answered';
		box.focus();
		if (box.scrollIntoView)
			box.scrollIntoView();
	}

	function countdown(seconds, then) {
		var left = seconds, places = by('count').getElementsByTagName('b');
		function tick() {
			var i;
			for (i = 0; i < places.length; i++) {
				empty(places[i]);
				places[i].appendChild(document.createTextNode(String(left)));
			}
			if (left-- <= 0) {
				clearInterval(timer);
				timer = null;
				by('count').hidden = true;
				then();
			}
		}
		by('count').hidden = false;
		timer = setInterval(tick, 1000);
		tick();
	}

	function again(ask, attempt, wait) {
		if (attempt < TRIES_MAX)
			countdown(wait, function () { send(ask, attempt + 1); });
	}

	function show(ask, xhr, attempt) {
		var page = xhr.response, result = page && page.getElementById && page.getElementById('result'), answer, id;
		var wait = parseInt(xhr.getResponseHeader('Retry-After'), 10) || 20;
		clear();
		if (!result || !result.firstChild) {
			read(by(xhr.status === 413 ? 'too-large' : 'busy'));
			if (xhr.status !== 413)
				again(ask, attempt, wait);
			return;
		}
		while (result.firstChild)
			by('result').appendChild(document.adoptNode(result.firstChild));
		answer = by('answer');
		id = answer.getAttribute('data-id');
		read(answer);
		if (id === 'busy')
			again(ask, attempt, wait);
		if (id === 'too-many-tries' && !ask.file) {
			by('go').disabled = true;
			countdown(wait, function () { by('go').disabled = false; });
		}
	}

	function progress(event) {
		var percent = event.lengthComputable ? Math.floor(100 * event.loaded / event.total) : 0;
		by('bar').value = percent;
		empty(by('percent'));
		by('percent').appendChild(document.createTextNode(percent + ' %'));
		by('sending').hidden = percent === 100;
	}

	function send(ask, attempt) {
		var xhr = new XMLHttpRequest(), form = new FormData(), mine = ++turn;
		clear();
		last = ask;
		by('go').disabled = true;
		by('checking').hidden = false;
		xhr.open('POST', '/answer');
		xhr.responseType = 'document';
		xhr.timeout = 120000;
		form.append('lang', by('lang').value);
		form.append('day', by('day').value);
		form.append(ask.file ? 'file' : ask.hash ? 'hash' : 'code', ask.file || ask.hash || ask.code);
		if (ask.file && xhr.upload)
			xhr.upload.onprogress = function (event) { if (mine === turn) progress(event); };
		xhr.onreadystatechange = function () {
			if (xhr.readyState === 4 && mine === turn)
				show(ask, xhr, attempt);
		};
		xhr.send(form);
	}

	function askCode(text) {
		var hash = text.indexOf('#');
		text = (hash >= 0 ? text.slice(hash + 1) : text).replace(/^\s+|\s+$/g, '');
		if (text === '') {
			turn++;
			clear();
			by('no-code').hidden = false;
			by('code').focus();
			return;
		}
		send({ code: text }, 1);
	}

	function tooLarge(file) {
		if (file.size <= FILE_MAX)
			return false;
		turn++;
		clear();
		last = null;
		read(by('too-large'));
		return true;
	}

	function askFile(file) {
		if (file && !tooLarge(file))
			send({ file: file }, 1);
	}

	// Of a file that stays here.
	function askHashOf(file) {
		var reader = new FileReader(), mine;
		if (!file || tooLarge(file))
			return;
		clear();
		last = null;
		mine = ++turn;
		function unread() {
			if (mine === turn)
				read(by('busy'));
		}
		reader.onerror = unread;
		reader.onload = function () {
			crypto.subtle.digest('SHA-256', reader.result).then(function (octets) {
				var all = new Uint8Array(octets), hex = '', i;
				for (i = 0; i < all.length; i++)
					hex += (all[i] < 16 ? '0' : '') + all[i].toString(16);
				if (mine !== turn)
					return;
				by('hash').value = hex;
				send({ hash: hex }, 1);
			}, unread);
		};
		reader.readAsArrayBuffer(file);
	}

	function firstFile(from) { return from && from.files && from.files[0]; }

	// As the server wrote it; chosen here, an answer that is there is asked for again.
	function language(which) {
		by('lang').value = which;
		if (document.documentElement.lang === which)
			return;
		document.documentElement.lang = which;
		document.title = by('to-' + which).getAttribute('data-title');
		if (window.history && history.replaceState)
			history.replaceState(null, '', '/?lang=' + which + location.hash);
		if (last)
			send(last, 1);
	}

	function languageLink(which) {
		by('to-' + which).onclick = function () {
			language(which);
			return false;
		};
	}

	// The square code on paper opens this page as /#digits.
	function fromAddress() {
		var tail = location.hash.slice(1);
		if (!/^[0-9]{6,1500}$/.test(tail))
			return;
		if (tail.length <= 40)
			by('code').value = tail;
		askCode(tail);
	}

	function dropping(on) {
		document.body.className = document.body.className.replace(/ ?dropping/, '') + (on ? ' dropping' : '');
	}

	// The report as a file is the browser's to fetch, of the file that is chosen or of the code.
	by('as-json').onclick = by('as-print').onclick = function () { native = true; };
	by('by-hash').onclick = function () { hashed = true; };
	by('ask').onsubmit = function () {
		var alone = native, only = hashed, hash = by('hash').value.replace(/^\s+|\s+$/g, '');
		native = hashed = false;
		if (alone)
			return true;
		if (only && hash === '') {
			by('hash').focus();
			return false;
		}
		if (only || (hash !== '' && by('code').value === '' && !firstFile(by('file'))))
			send({ hash: hash }, 1);
		else if (by('code').value === '' && firstFile(by('file')))
			askFile(firstFile(by('file')));
		else
			askCode(by('code').value);
		return false;
	};
	by('file').onchange = function () { askFile(firstFile(this)); };
	by('hash-file').onchange = function () { askHashOf(firstFile(this)); };
	by('local').hidden = !(window.crypto && crypto.subtle && window.FileReader);
	languageLink('vi');
	languageLink('en');
	languageLink('fr');
	document.ondragover = function (event) {
		event.preventDefault();
		dropping(true);
	};
	document.ondragleave = function () { dropping(false); };
	document.ondrop = function (event) {
		event.preventDefault();
		dropping(false);
		askFile(firstFile(event.dataTransfer));
	};
	document.onpaste = function (event) {
		var file = firstFile(event.clipboardData);
		if (file) {
			event.preventDefault();
			askFile(file);
		}
	};
	window.onhashchange = fromAddress;
	language(document.documentElement.lang);
	fromAddress();
}());
