// The citizen's page.  Plain old JavaScript on purpose: it has to run on old phones.
// What a person typed or what came back is put into the page as text, never as markup.
(function () {
	'use strict';

	var FILE_MAX = 8 * 1024 * 1024;
	var TRIES_MAX = 5;
	var BUSY = {
		sign: '–', colour: 'grey', id: 'busy',
		word: { vi: 'ĐANG BẬN', en: 'BUSY' },
		say: { vi: 'Hệ thống đang bận nên chưa kiểm tra được. Lỗi ở phía chúng tôi, không phải ở giấy của quý vị.',
			en: 'The service is busy, so nothing was checked. The fault is ours, not your paper\u2019s.' },
		act: { vi: 'Cứ để yên trang này: máy tự thử lại. Cần gấp: hỏi nhân viên.',
			en: 'Leave this page open: it tries again by itself. If urgent, ask staff.' }
	};
	var TOO_LARGE = {
		sign: '–', colour: 'grey', id: 'too-large',
		word: { vi: 'TỆP QUÁ LỚN', en: 'FILE TOO LARGE' },
		say: { vi: 'Tệp lớn hơn 8 MB nên chưa kiểm tra. Giấy phép do thành phố cấp nhỏ hơn nhiều.',
			en: 'The file is larger than 8 MB and was not checked. Permits of the city are much smaller.' },
		act: { vi: 'Chọn đúng tệp giấy phép, hoặc gõ mã in trên giấy.', en: 'Choose the permit file itself, or type the code on the paper.' }
	};
	var REFUSED = {
		sign: '–', colour: 'grey', id: 'refused',
		word: { vi: 'CHƯA KIỂM TRA ĐƯỢC', en: 'NOT CHECKED' },
		say: { vi: 'Máy không đọc được điều vừa gửi. Chưa kết luận gì về giấy.', en: 'What was sent could not be read. This says nothing about the paper.' },
		act: { vi: 'Xem lại mã hoặc tệp rồi thử lại.', en: 'Look at the code or file again and retry.' }
	};
	var turn = 0;		// answers to earlier questions are dropped
	var timer = null;

	function by(id) { return document.getElementById(id); }

	function empty(node) {
		while (node.firstChild)
			node.removeChild(node.firstChild);
	}

	function add(parent, tag, text, name) {
		var node = document.createElement(tag);
		if (name)
			node.className = name;
		if (text !== undefined && text !== null)
			node.appendChild(document.createTextNode(String(text)));
		parent.appendChild(node);
		return node;
	}

	// Both languages stand in the page; the class of the body shows one.
	function both(parent, vi, en) {
		add(parent, 'span', vi, 'vi');
		add(parent, 'span', en || vi, 'en').setAttribute('lang', en ? 'en' : 'vi');
	}

	function addBoth(parent, tag, text, name) {
		var node = add(parent, tag, null, name);
		both(node, (text && text.vi) || '', text && text.en);
		return node;
	}

	function day(text) {
		var m = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d:\d\d))?/.exec(text || '');
		if (!m)
			return text || '';
		return (m[4] ? m[4] + ' ' : '') + m[3] + '/' + m[2] + '/' + m[1];
	}

	function row(list, vi, en, value, name) {
		var div;
		if (value === undefined || value === null || (value === '' && !name))
			return;
		div = add(list, 'div', null, name);
		both(add(div, 'dt'), vi, en);
		add(div, 'dd', value);
	}

	function say(vi, en) {
		var state = by('state');
		empty(state);
		if (vi)
			both(state, vi, en);
	}

	function clearAnswer() {
		if (timer)
			clearInterval(timer);
		timer = null;
		by('answer').hidden = true;
		by('since').hidden = true;
		by('permit').hidden = true;
		by('dossier').hidden = true;
		by('details').hidden = true;
		by('go').disabled = false;
	}

	function showAnswer(a) {
		var box = by('answer'), title, banner = by('demonstration');
		var prefix = a.prefix || {};
		var colours = { green: 1, amber: 1, blue: 1, red: 1, grey: 1 };
		empty(box);
		if (!/\banswered\b/.test(document.body.className))
			document.body.className += ' answered';
		box.className = colours[a.colour] ? a.colour : 'grey';
		title = add(box, 'h2');
		add(title, 'span', a.sign, 'sign').setAttribute('aria-hidden', 'true');
		both(title, ' ' + (a.word && a.word.vi || ''), a.word && a.word.en ? ' ' + a.word.en : '');
		addBoth(box, 'p', a.say, 'say');
		addBoth(box, 'p', a.act, 'act');
		banner.hidden = !prefix.vi;
		empty(banner);
		if (prefix.vi)
			both(banner, prefix.vi, prefix.en);
		box.hidden = false;
		box.focus();
		if (box.scrollIntoView)
			box.scrollIntoView();
	}

	function countdown(seconds, then) {
		var node = add(by('answer'), 'p', null, 'count'), left = seconds;
		node.setAttribute('aria-live', 'off');
		function tick() {
			empty(node);
			both(node, 'Còn ' + left + ' giây', left + ' seconds left');
			if (left-- <= 0) {
				clearInterval(timer);
				timer = null;
				node.parentNode.removeChild(node);
				then();
			}
		}
		timer = setInterval(tick, 1000);
		tick();
	}

	function showPermit(p, byCode) {
		var list = by('lines'), links = by('links'), i, line, depth, code;
		empty(list);
		empty(links);
		row(list, 'Loại giấy', 'Kind', p.kind_vi, '');
		row(list, 'Số', 'Number', p.number, '');
		if (p.amends) {
			row(list, 'Bản thứ', 'Version', String(p.version), '');
			row(list, 'Thay bản cấp ngày', 'Replaces the one of', day(p.amends.day), '');
		}
		row(list, 'Cơ quan cấp', 'Issued by', p.agency_name, '');
		row(list, 'Ngày cấp', 'Issued on', day(p.day), '');
		row(list, 'Cấp cho', 'Holder', p.holder, '');
		row(list, 'Có hiệu lực từ', 'Valid from', day(p.valid_from), '');
		row(list, 'Có hiệu lực đến hết', 'Valid through', day(p.valid_to), '');
		for (i = 0; p.lines && i < p.lines.length; i++) {
			line = p.lines[i];
			depth = Math.max(0, Math.min(3, line.depth | 0));
			row(list, line.vi, line.en, line.value, (line.value === '' ? 'group ' : '') + 'depth' + depth);
		}
		row(list, 'Mã hồ sơ', 'Dossier', p.dossier, '');
		code = String(p.shortcode || '').replace(/[^0-9A-Za-z]/g, '');
		if (byCode && code) {
			line = add(links, 'a');
			line.href = '/v1/permits/' + code + '/sheet';
			both(line, 'Bản để in', 'Printable sheet');
			line = add(links, 'a');
			line.href = '/v1/permits/' + code;
			both(line, 'Tải tệp đã ký', 'Download the signed file');
		}
		by('permit').hidden = false;
	}

	/* What became of it since: the paper does not show it. */
	function showSince(history) {
		var list = by('changes'), i, c, say, vi, en, div;
		empty(list);
		for (i = 0; i < history.length; i++) {
			c = history[i];
			say = c.say || {};
			vi = (say.vi || '') + (c.until ? ', đến hết ngày ' + day(c.until) : '') + (c.decision ? ', theo quyết định ' + c.decision : '') +
				(c.replacement ? ', thay bằng số ' + c.replacement : '') + (c.version > 1 ? ', bản thứ ' + c.version : '');
			en = (say.en || '') + (c.until ? ', through ' + day(c.until) : '') + (c.decision ? ', decision ' + c.decision : '') +
				(c.replacement ? ', replaced by number ' + c.replacement : '') + (c.version > 1 ? ', version ' + c.version : '');
			div = add(list, 'div');
			add(div, 'dt', day(c.from));
			div = add(div, 'dd');
			both(div, vi, en);
			if (c.note)
				add(div, 'p', c.note, 'note');
		}
		by('since').hidden = history.length === 0;
	}

	function rowBoth(list, vi, en, value) {
		var div;
		if (!value || !value.vi)
			return;
		div = add(list, 'div');
		both(add(div, 'dt'), vi, en);
		both(add(div, 'dd'), value.vi, value.en);
	}

	function showDossier(d) {
		var list = by('steps'), i, permit, div;
		empty(list);
		row(list, 'Mã hồ sơ', 'Dossier', d.code, '');
		row(list, 'Cơ quan', 'Authority', d.agency && d.agency.name, '');
		rowBoth(list, 'Loại giấy', 'Kind', d.kind);
		rowBoth(list, 'Bước hiện tại', 'Step', d.step_say);
		row(list, 'Từ ngày', 'Since', day(d.since), '');
		row(list, 'Hẹn trả kết quả', 'Due', day(d.due), '');
		for (i = 0; d.permits && i < d.permits.length; i++) {
			permit = d.permits[i];
			div = add(list, 'div');
			both(add(div, 'dt'), 'Giấy phép từ hồ sơ này', 'Permit made from it');
			div = add(div, 'dd');
			both(div, (permit.kind && permit.kind.vi || '') + ': ' + (permit.state_say && permit.state_say.vi || '') + (permit.day ? ', ngày ' + day(permit.day) : ''),
				(permit.kind && permit.kind.en || '') + ': ' + (permit.state_say && permit.state_say.en || '') + (permit.day ? ', ' + day(permit.day) : ''));
		}
		row(list, 'Tính đến', 'As of', day(d.as_of), '');
		by('dossier').hidden = false;
	}

	var PROOF = { 'time-stamp': 'dấu thời gian', log: 'sổ đăng ký', none: 'chưa có' };
	var PROOF_EN = { 'time-stamp': 'a time stamp', log: 'the register', none: 'none' };

	var APPOINTED = { 'true': { vi: 'có', en: 'held' }, 'false': { vi: 'không có', en: 'not held' } };

	function showDetails(r) {
		var more = by('more'), i, j, s, list, who, reasons;
		empty(more);
		for (i = 0; r.signatures && i < r.signatures.length; i++) {
			s = r.signatures[i];
			who = s.signer || {};
			list = add(more, 'dl');
			row(list, 'Người ký', 'Signer', who.name, '');
			row(list, 'Chức vụ', 'Title', [who.mode, who.title].join(' ').replace(/^ +| +$/g, ''), '');
			row(list, 'Đơn vị', 'Unit', who.unit, '');
			row(list, 'Kết luận', 'Verdict', s.verdict + (s.sub ? ' / ' + s.sub : ''), '');
			row(list, 'Giờ ký ghi trong chữ ký', 'Claimed time', day(s.claimed), '');
			row(list, 'Chắc chắn có trước', 'Proven to exist at', day(s.proven), '');
			both(add(add(list, 'div'), 'dt'), 'Bằng chứng: ' + (PROOF[s.proof] || s.proof), 'Proof: ' + (PROOF_EN[s.proof] || s.proof));
			rowBoth(list, 'Quyền ký vào ngày ký, theo sổ của thành phố', 'Right to sign on that day, by the city\'s register', APPOINTED[s.appointed]);
			if (s.reaffirmed && r.permit && r.permit.reaffirmation)
				row(list, 'Cơ quan cấp đã xác nhận lại, theo quyết định', 'Reaffirmed by the agency, by decision', r.permit.reaffirmation.decision + ', ' + day(r.permit.reaffirmation.decided), '');
			row(list, 'Nơi cấp chứng thư', 'Issuer', s.issuer, '');
			row(list, 'Số chứng thư', 'Certificate', s.certificate && s.certificate.serial, '');
		}
		reasons = (r.reasons || []).concat(r.remarks || []);
		for (j = 0; j < reasons.length; j++)
			addBoth(more, 'p', reasons[j]);
		list = add(more, 'dl');
		row(list, 'Kết luận theo EN 319 102-1', 'Verdict, EN 319 102-1', r.verdict && r.verdict + (r.sub ? ' / ' + r.sub : ''), '');
		row(list, 'Tình trạng tính đến', 'Status as of', r.in_force && day(r.in_force.as_of), '');
		row(list, 'SHA-256', 'SHA-256', r.sha256, '');
		by('details').hidden = !(r.verdict || (r.signatures && r.signatures.length));
	}

	function read(text) {
		try {
			return JSON.parse(text);
		} catch (ignored) {
			return null;
		}
	}

	function show(ask, xhr, attempt) {
		var r = read(xhr.responseText), wait = parseInt(xhr.getResponseHeader('Retry-After'), 10) || 20;
		say('');
		by('go').disabled = false;
		if (r && r.answer) {
			showAnswer(r.answer);
			showSince(r.register && r.register.history || []);
			if (r.permit)
				showPermit(r.permit, !ask.file);
			if (r.dossier)
				showDossier(r.dossier);
			showDetails(r);
			if (r.answer.id === 'busy')
				again(ask, attempt, wait);
			if (r.answer.id === 'too-many-tries' && !ask.file) {
				by('go').disabled = true;
				countdown(wait, function () { by('go').disabled = false; });
			}
			return;
		}
		if (xhr.status === 413) {
			showAnswer(TOO_LARGE);
		} else if (xhr.status >= 400 && xhr.status < 500 && xhr.status !== 429) {
			showAnswer(REFUSED);
		} else {
			showAnswer(BUSY);
			again(ask, attempt, wait);
		}
	}

	function again(ask, attempt, wait) {
		if (attempt < TRIES_MAX)
			countdown(wait, function () { send(ask, attempt + 1); });
	}

	function send(ask, attempt) {
		var xhr = new XMLHttpRequest(), mine = ++turn;
		clearAnswer();
		by('go').disabled = true;
		say('Đang kiểm tra…', 'Checking…');
		if (ask.file) {
			xhr.open('POST', '/v1/verify');
			xhr.setRequestHeader('Content-Type', 'application/octet-stream');
		} else {
			xhr.open('GET', '/v1/codes/' + encodeURIComponent(ask.code));
		}
		xhr.timeout = 60000;
		xhr.onreadystatechange = function () {
			if (xhr.readyState === 4 && mine === turn)
				show(ask, xhr, attempt);
		};
		xhr.send(ask.file || null);
	}

	function askCode(text) {
		var hash = text.indexOf('#');
		text = (hash >= 0 ? text.slice(hash + 1) : text).replace(/^\s+|\s+$/g, '');
		if (text === '') {
			say('Chưa có mã. Xin gõ mã in trên giấy.', 'There is no code yet. Please type the code on the paper.');
			by('code').focus();
			return;
		}
		send({ code: text }, 1);
	}

	function askFile(file) {
		if (!file)
			return;
		if (file.size > FILE_MAX) {
			turn++;
			clearAnswer();
			showAnswer(TOO_LARGE);
			return;
		}
		send({ file: file }, 1);
	}

	function language(which) {
		document.body.className = document.body.className.replace(/\bin-\w+/, 'in-' + which);
		document.documentElement.lang = which;
		document.title = which === 'en' ? 'Check a permit' : 'Kiểm tra giấy phép';
		by('to-vi').setAttribute('aria-pressed', String(which === 'vi'));
		by('to-en').setAttribute('aria-pressed', String(which === 'en'));
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

	by('ask').noValidate = true;	// the page says it in its own words
	by('ask').onsubmit = function () {
		askCode(by('code').value);
		return false;
	};
	by('file').onchange = function () {
		askFile(this.files && this.files[0]);
		this.value = '';	// the same file may be asked about again
	};
	by('to-vi').onclick = function () { language('vi'); };
	by('to-en').onclick = function () { language('en'); };
	document.ondragover = function (event) {
		event.preventDefault();
		dropping(true);
	};
	document.ondragleave = function () { dropping(false); };
	document.ondrop = function (event) {
		event.preventDefault();
		dropping(false);
		askFile(event.dataTransfer && event.dataTransfer.files[0]);
	};
	window.onhashchange = fromAddress;
	fromAddress();
}());
