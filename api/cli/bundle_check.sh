# CÁCH KIỂM TRA GÓI NÀY (không cần phần mềm nào của cơ quan cấp)
#
# Tệp này vừa để đọc vừa để chạy.  Cần có: sh, các lệnh thường của Linux (coreutils),
# openssl (3 trở lên), xmlsec1.  Giải nén gói vào một thư mục trống, vào thư mục đó rồi chạy:
#
#	sh CHECK.txt
#
# Mỗi bước dưới đây có một câu, rồi một lệnh.  `holds LỆNH`: lệnh phải kết thúc với mã 0.
# `prints CHỮ LỆNH`: lệnh phải in ra đúng những chữ ấy.  `has CHỮ LỆNH`: những gì lệnh in ra
# phải chứa những chữ ấy.  Bỏ holds, prints hay has đi, có thể gõ từng lệnh bằng tay.
# Cuối cùng kết thúc với mã 0 chỉ khi mọi bước đều đúng.
#
# Nhật ký có thể được những cơ quan khác (nhân chứng) đồng ký.  Ai có khóa (vkey) của nhân chứng
# thì đưa vào, mỗi khóa một chữ; đồng ký của nhân chứng nào không có khóa thì không kiểm tra được:
#
#	sh CHECK.txt nhanchung.example/w+0123abcd+BA...
#
# Hai điều gói này không tự chứng minh được, người đọc phải đối chiếu với nguồn khác:
# dấu vân tay của chứng thư gốc và khóa của nhật ký (bước đầu in ra cả hai) có đúng là của
# cơ quan cấp hay không; và sau điểm chốt của nhật ký trong gói có thêm quyết định nào không.
#
# (How to check this bundle without the authority's programs: unpack it into an empty
# folder and run `sh CHECK.txt` there; every step is a sentence and a command that can
# be typed by hand; a witness's vkey behind it has that witness's cosignature checked, too.
# Compare the root's fingerprint and the log's key with what the authority has published
# elsewhere.)
set -u
LC_ALL=C
export LC_ALL
unset SSL_CERT_FILE SSL_CERT_DIR OPENSSL_CONF 2>/dev/null
cd "$(dirname "$0")" || exit 1
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
bad=0 steps=0

say() { steps=$((steps + 1)); printf '%s. %s\n' "$steps" "$1"; }
right() { printf '   đúng\n'; }
wrong() { bad=$((bad + 1)); printf '   SAI: %s\n' "$*"; head -n 5 "$tmp/said"; }
holds() { if "$@" >"$tmp/said" 2>&1 </dev/null; then right; else wrong "$*"; fi; }
prints() {
	want=$1
	shift
	"$@" >"$tmp/said" 2>&1 </dev/null
	if [ "$(cat "$tmp/said")" = "$want" ]; then right; else wrong "$*" "(phải in: $want)"; fi
}
has() {
	want=$1
	shift
	"$@" >"$tmp/said" 2>&1 </dev/null
	case $(cat "$tmp/said") in *"${want:-$tmp}"*) right ;; *) wrong "$*" "(phải chứa: $want)" ;; esac
}

# Những lệnh ghép từ các lệnh thường:

# hex TỆP: các octet của tệp, viết hệ mười sáu
hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
# octets: từ chữ hệ mười sáu ra octet
octets() { tr a-f A-F | basenc -d --base16; }
# hash: SHA-256, ra octet
hash() { openssl dgst -sha256 -binary; }
# fingerprint TỆP.pem: SHA-256 của chứng thư
fingerprint() { openssl x509 -in "$1" -outform DER | sha256sum | cut -c1-64; }
# same A B: hai tệp như nhau từng octet
same() { [ -s "$1" ] && [ -s "$2" ] && [ "$(sha256sum <"$1")" = "$(sha256sum <"$2")" ]; }
# contains TỆP HEX: tệp chứa liền nhau những octet này (ít nhất một)
contains() {
	[ -n "$2" ] || return 1
	case $(hex "$1") in *"$2"*) return 0 ;; esac
	return 1
}
# inside A B: các octet của tệp A nằm liền nhau trong tệp B
inside() { contains "$2" "$(hex "$1")"; }

# file TÊN: tệp mang chữ ký ấy: chữ ký xác nhận lại ở trong bản sao, các chữ ký khác ở trong giấy phép như đã cấp
file() { if [ "$1" = reaffirm ]; then echo reaffirmed.xml; else echo permit.xml; fi; }
# signature TÊN: phần tử ds:Signature có Id ấy
signature() {
	text=$(cat "$(file "$1")")
	case $text in *" Id=\"$1\"><ds:SignedInfo>"*) ;; *) return 1 ;; esac
	text=${text#*" Id=\"$1\"><ds:SignedInfo>"}
	printf '%s' "${text%%</ds:Signature>*}"
}
# signed_with TÊN TỆP.pem: chữ ký ấy nêu đích danh chứng thư này (SigningCertificateV2) và mang theo nó
signed_with() {
	der=$(openssl x509 -in "$2" -outform DER | base64 -w 0)
	digest=$(openssl x509 -in "$2" -outform DER | hash | base64 -w 0)
	case $(signature "$1") in
	*"<ds:KeyInfo><ds:X509Data><ds:X509Certificate>$der</ds:X509Certificate>"*"<xades:SigningCertificateV2><xades:Cert><xades:CertDigest><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod><ds:DigestValue>$digest</ds:DigestValue>"*) return 0 ;;
	esac
	return 1
}
# covers TÊN PHẦN ...: chữ ký ấy bao gồm đúng những phần có Id này, theo thứ tự này
covers() {
	text=$(signature "$1") found=
	text=${text%%</ds:SignedInfo>*}
	shift
	while :; do
		case $text in *' URI="#'*) text=${text#*' URI="#'} ;; *) break ;; esac
		found="$found ${text%%\"*}"
	done
	[ "$found" = " $*" ]
}
# stamped TÊN TỆP TOKEN: TỆP là ds:SignatureValue của chữ ký ấy ở dạng chuẩn, TOKEN là dấu thời gian nó mang
stamped() {
	value=$(cat "$2")
	[ "${value%%>*}>" = '<ds:SignatureValue xmlns:ds="http://www.w3.org/2000/09/xmldsig#">' ] || return 1
	case $(signature "$1") in
	*"<ds:SignatureValue>${value#*>}"*"<xades:EncapsulatedTimeStamp>$(base64 -w 0 "$3")</xades:EncapsulatedTimeStamp>"*) return 0 ;;
	esac
	return 1
}
# dated TOKEN 'THÁNG NGÀY GIỜ' NĂM: dấu thời gian ghi giờ ấy (openssl viết năm sau cùng)
dated() {
	case $(openssl ts -reply -token_in -in "$1" -text) in *"Time stamp: $2"[.\ ]*"$3 GMT"*) return 0 ;; esac
	return 1
}
# before_seal: SHA-256 của tệp mà (các) cán bộ đã ký, khi chưa có số và con dấu
before_seal() {
	text=$(cat permit.xml)
	printf '%s</permit>' "${text%%<issuance Id=*}" | sha256sum | cut -c1-64
}
# reaffirmation: phần xác nhận lại; before_again: bản sao như trước khi có phần ấy và chữ ký của nó
reaffirmation() {
	text=$(cat reaffirmed.xml)
	case $text in *'<reaffirmation Id="reaffirmation">'*'</reaffirmation>'*) ;; *) return 1 ;; esac
	text=${text#*'<reaffirmation Id="reaffirmation">'}
	printf '%s' "${text%%</reaffirmation>*}"
}
before_again() {
	text=$(cat reaffirmed.xml)
	printf '%s</permit>' "${text%%<reaffirmation Id=*}"
}
# grown: trước khi xác nhận lại, bản sao là permit.xml, hay permit.xml thêm dấu thời gian lưu trữ vào cuối con dấu
grown() {
	end='</xades:UnsignedSignatureProperties>'
	was=$(cat permit.xml) is=$(before_again)
	head=${was%"$end"*} tail=$end${was##*"$end"}
	case $is in
	"$head$tail" | "$head<xadesv141:ArchiveTimeStamp "*"</xadesv141:TimeStampValidationData>$tail") return 0 ;;
	esac
	return 1
}
# seconds GIỜ: giờ như openssl hay XML viết, ra giây
seconds() { date -u -d "$*" +%s; }
# in_crl TÊN: trong crls/TÊN-lost.pem, mục của chứng thư của chữ ký ấy
in_crl() {
	serial=$(openssl x509 -in "certificates/$1.pem" -noout -serial) || return 1
	text=$(openssl crl -in "crls/$1-lost.pem" -noout -text) || return 1
	serial="Serial Number: ${serial#serial=}"
	case $text in *"$serial"*) ;; *) return 1 ;; esac
	text=${text#*"$serial"}
	text=${text%%Serial Number: *}
	case $text in *"Reason Code:"*"Key Compromise"*) printf '%s' "$text" ;; *) return 1 ;; esac
}
# revoked_at TÊN: giây mà chứng thư bị thu hồi vì lộ khóa; lost_at TÊN: giây mà từ đó khóa không còn ở trong tay người ký
revoked_at() {
	text=$(in_crl "$1") || return 1
	text=${text#*Revocation Date: }
	seconds "${text%%GMT*}GMT"
}
lost_at() {
	text=$(in_crl "$1") || return 1
	case $text in *'Invalidity Date:'*) ;; *) return 1 ;; esac
	text=${text#*Invalidity Date:}
	# Không có ngoặc kép: các dấu cách và xuống dòng thành một dấu cách.
	# shellcheck disable=SC2086
	seconds ${text%%GMT*}GMT
}
# lost TÊN: hai giờ ấy (quốc tế)
lost() {
	revoked=$(revoked_at "$1") && lost=$(lost_at "$1") || return 1
	date -u -d "@$revoked" '+%Y-%m-%d %H:%M:%S, ' | tr -d '\n'
	date -u -d "@$lost" '+%Y-%m-%d %H:%M:%S'
}
# stamped_at TÊN: giây mà dấu thời gian của chữ ký ấy ghi
stamped_at() {
	text=$(openssl ts -reply -token_in -in "stamps/$1.tst" -text) || return 1
	text=${text#*Time stamp: }
	text=${text%%GMT*}
	time=${text% * } year=${text% }
	seconds "${time%%.*} ${year##* } GMT"
}
# claimed_at TÊN: giây mà chữ ký ấy tự ghi
claimed_at() {
	text=$(signature "$1") || return 1
	text=${text#*<xades:SigningTime>}
	seconds "${text%%</xades:SigningTime>*}"
}
# within TÊN: dấu thời gian của chữ ký ấy không trước lúc lộ khóa, và trước lúc thu hồi
within() {
	lost=$(lost_at "$1") && stamp=$(stamped_at "$1") && revoked=$(revoked_at "$1") || return 1
	[ "$lost" -le "$stamp" ] && [ "$stamp" -lt "$revoked" ]
}
# later TÊN: chữ ký xác nhận lại, theo giờ nó ghi và theo dấu thời gian của nó, không trước lúc thu hồi chứng thư của chữ ký ấy
later() {
	revoked=$(revoked_at "$1") && claimed=$(claimed_at reaffirm) && stamp=$(stamped_at reaffirm) || return 1
	[ "$revoked" -le "$claimed" ] && [ "$revoked" -le "$stamp" ]
}
# reaffirms TÊN: chữ ký xác nhận lại bao gồm chữ ký ấy và phần xác nhận lại
reaffirms() {
	case $(signature reaffirm) in *" URI=\"#$1\""*' URI="#reaffirmation"'*) return 0 ;; esac
	return 1
}
# subject SHA-256 HANDLE: một đối tượng của lệnh, như viết trong orders/
subject() { printf '{"hash":"%s","id":"%s"}' "$1" "$2"; }

# vkey_key VKEY: khóa công khai (Ed25519) trong đó: TÊN+MÃ+base64(loại, 32 byte)
vkey_key() {
	key=${1#*+}
	{ printf '302a300506032b6570032100' | octets; printf '%s' "${key#*+}" | base64 -d | tail -c 32; } | openssl pkey -pubin -inform DER
}
# log_key: khóa công khai của nhật ký, từ log/log.vkey
log_key() { vkey_key "$(cat log/log.vkey)"; }
# checkpoint: điểm chốt được khóa của nhật ký ký (ba dòng đầu là chữ được ký)
checkpoint() {
	log_key >"$tmp/log.pem" || return 1
	head -n 3 log/checkpoint >"$tmp/text"
	name=$(head -n 1 log/checkpoint)
	while read -r dash who sig; do
		[ "$dash $who" = "— $name" ] || continue
		printf '%s' "$sig" | base64 -d | tail -c 64 >"$tmp/sig"
		openssl pkeyutl -verify -pubin -inkey "$tmp/log.pem" -rawin -in "$tmp/text" -sigfile "$tmp/sig"
		return
	done <log/checkpoint
	return 1
}
# cosigned VKEY: nhân chứng có khóa ấy đồng ký điểm chốt; in ra giờ (quốc tế) nhân chứng ghi.
# Mỗi dòng: base64(mã khóa 4 byte, giờ 8 byte, chữ ký 64 byte); chữ được ký: cosignature/v1, time GIỜ,
# rồi ba dòng của điểm chốt (c2sp.org/tlog-cosignature)
cosigned() {
	who=${1%%+*} id=${1#*+} newest=-1
	[ "$(printf '%s' "${id#*+}" | base64 -d | od -An -v -tx1 -N1 | tr -d ' ')" = 04 ] || return 1
	[ "${id%%+*}" = "$({ printf '%s\n' "$who"; printf '%s' "${id#*+}" | base64 -d; } | sha256sum | cut -c1-8)" ] || return 1
	vkey_key "$1" >"$tmp/witness.pem" || return 1
	while read -r dash name sig; do
		[ "$dash $name" = "— $who" ] || continue
		printf '%s' "$sig" | base64 -d >"$tmp/line"
		[ "$(head -c 4 "$tmp/line" | od -An -tx1 | tr -d ' ')" = "${id%%+*}" ] || continue
		[ "$(wc -c <"$tmp/line")" -eq 76 ] || return 1
		time=$((0x$(head -c 12 "$tmp/line" | tail -c 8 | od -An -tx1 | tr -d ' ')))
		{ printf 'cosignature/v1\ntime %s\n' "$time"; head -n 3 log/checkpoint; } >"$tmp/text"
		tail -c 64 "$tmp/line" >"$tmp/sig"
		openssl pkeyutl -verify -pubin -inkey "$tmp/witness.pem" -rawin -in "$tmp/text" -sigfile "$tmp/sig" >"$tmp/verified" 2>&1 || return 1
		[ "$time" -le "$newest" ] || newest=$time
	done <log/checkpoint
	[ "$newest" -ge 0 ] && date -u -d "@$newest" '+%Y-%m-%d %H:%M:%S'
}
# others: những tên khác dưới điểm chốt, ngoài chính nhật ký
others() {
	tail -n +5 log/checkpoint | while read -r dash name sig; do [ "$name" = "$(head -n 1 log/checkpoint)" ] || printf ' %s' "$name"; done
}
# node: SHA-256 của 0x01 và hai nút, viết hệ mười sáu (RFC 6962, 2.1), vào biến r
node() {
	r=$(printf '01%s%s' "$1" "$2" | octets | sha256sum)
	r=${r%% *}
}
# in_log DÒNG: log/DÒNG.entry đứng ở dòng ấy của nhật ký mà điểm chốt xác nhận (RFC 9162, 2.1.3.2)
in_log() {
	fn=$1
	sn=$(($(head -n 2 log/checkpoint | tail -n 1) - 1))
	[ "$fn" -le "$sn" ] || return 1
	r=$({ printf '\0'; cat "log/$1.entry"; } | sha256sum | cut -c1-64)
	while read -r p; do
		[ "$sn" -gt 0 ] || return 1
		if [ $((fn % 2)) -eq 1 ] || [ "$fn" -eq "$sn" ]; then
			node "$p" "$r"
			while [ $((fn % 2)) -eq 0 ] && [ "$fn" -gt 0 ]; do fn=$((fn / 2)) sn=$((sn / 2)); done
		else
			node "$r" "$p"
		fi
		fn=$((fn / 2)) sn=$((sn / 2))
	done <"log/$1.path"
	[ "$sn" -eq 0 ] && [ "$r" = "$(head -n 3 log/checkpoint | tail -n 1 | base64 -d | od -An -v -tx1 | tr -d ' \n')" ]
}
# means DÒNG: dòng ấy cam kết với bản ghi log/DÒNG.record: HMAC-SHA-256(salt, 0x01 || SHA-256(bản ghi))
means() {
	commit=$({ printf '\001'; hash <"log/$1.record"; } | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$(hex "log/$1.salt")" -binary | od -An -v -tx1 | tr -d ' \n')
	[ ${#commit} -eq 64 ] && contains "log/$1.entry" "5820$commit"
}
# about DÒNG HANDLE: dòng ấy là của mã giấy phép này
about() { contains "log/$1.entry" "50$2"; }
# records DÒNG HEX: bản ghi của dòng ấy chứa những octet này
records() { contains "log/$1.record" "$2"; }
# tells DÒNG CHỮ: bản ghi của dòng ấy có những chữ này
tells() { records "$1" "$(printf '%s' "$2" | od -An -v -tx1 | tr -d ' \n')"; }

# by_policy TÊN SHA-256: chữ ký ấy nêu bản chính sách này (SigPolicyHash)
by_policy() {
	case $(signature "$1") in
	*"<xades:SigPolicyHash><ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod><ds:DigestValue>$(printf '%s' "$2" | octets | base64 -w 0)</ds:DigestValue>"*) return 0 ;;
	esac
	return 1
}
# policy_hash: SHA-256 của tên, một dấu xuống dòng và giá trị băm của từng tệp
policy_hash() {
	while read -r digest name; do
		printf '%s\n' "$name"
		printf '%s' "$digest" | octets
	done <policy/files | sha256sum | cut -c1-64
}

# xml TÊN CHỖ ...: xmlsec1 với chữ ký ấy, là phần tử thứ CHỖ của giấy phép, và những thuộc tính Id của giấy phép
xml() {
	name=$1 place=$2
	shift 2
	xmlsec1 --verify --id-attr:Id http://www.w3.org/2000/09/xmldsig#:Signature --id-attr:Id urn:antin:permit:1:content --id-attr:Id urn:antin:permit:1:issuance \
		--id-attr:Id urn:antin:permit:1:reaffirmation --id-attr:Id http://uri.etsi.org/01903/v1.3.2#:SignedProperties \
		--node-xpath "/*/*[$place][local-name()='Signature'][@Id='$name']" "$@" "$(file "$name")"
}
