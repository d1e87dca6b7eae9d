#include "api/answer.h"

#include "api/forward.h"
#include "api/form.h"
#include "api/history.h"
#include "api/verdict_page.h"
#include "base/log.h"
#include "base/text.h"
#include "verifier/proto.h"

#include <stdio.h>

#define SAY(vi, en, fr) ((const char *const[LANGS]){ vi, en, fr })

static const char *const lang_words[LANGS] = { "vi", "en", "fr" };
static const char *const titles[LANGS] = { "Kiểm tra giấy phép", "Check a permit", "Vérifier un permis" };

enum lang
answer_lang(const char *word)
{
	for (enum lang l = 0; word != NULL && l < LANGS; l++)
		if (strcmp(word, lang_words[l]) == 0)
			return l;
	return LANG_VI;
}

const char *
answer_lang_word(enum lang l)
{
	return lang_words[l];
}

void
answer_head(struct buf *out, enum lang l, const char *title)
{
	buf_printf(out, "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	    "<meta name=\"robots\" content=\"noindex\">\n<title>%s</title>\n", lang_words[l], title != NULL ? title : titles[l]);
}

/*
 * Words.
 */

static void
put_tagged(struct buf *out, const char *before, const char *text, const char *after)
{
	if (text[0] == 0)
		return;
	buf_put_str(out, before);
	text_put_html(out, span_str(text));
	buf_put_str(out, after);
}

const char *
day_of_people(char out[DAY_TEXT], const char *iso)
{
	if (strlen(iso) < 10 || iso[4] != '-' || iso[7] != '-')
		return iso;
	snprintf(out, DAY_TEXT, "%.2s/%.2s/%.4s", iso + 8, iso + 5, iso);
	return out;
}

static const char *
colour_of(const json_t *said)
{
	static const char *const colours[] = { "green", "amber", "blue", "red" };

	for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
		if (strcmp(json_text(said, "colour"), colours[i]) == 0)
			return colours[i];
	return "grey";
}

void
answer_said_html(struct buf *out, const json_t *said)
{
	const json_t *word = json_object_get(said, "word"), *say = json_object_get(said, "say"), *act = json_object_get(said, "act");

	buf_printf(out, "<section id=\"answer\" class=\"said %s\"><h2>", colour_of(said));
	put_tagged(out, "<span class=\"sign\" aria-hidden=\"true\">", json_text(said, "sign"), "</span> ");
	text_put_html(out, span_str(json_text(word, "vi")));
	buf_put_str(out, "</h2>\n");
	put_tagged(out, "<p class=\"say\">", json_text(say, "vi"), "</p>\n");
	put_tagged(out, "<p class=\"act\">", json_text(act, "vi"), "</p>\n");
	buf_put_str(out, "<div lang=\"en\">");
	put_tagged(out, "<p><strong>", json_text(word, "en"), "</strong></p>");
	put_tagged(out, "<p>", json_text(say, "en"), "</p>");
	put_tagged(out, "<p>", json_text(act, "en"), "</p>");
	buf_put_str(out, "</div></section>\n");
}

/* The text in the language; where the answer has none, in English, and then marked as such. */
static void
put_text(struct buf *out, const char *before, const json_t *text, enum lang l, const char *after)
{
	const char *words = json_text(text, lang_words[l]);

	if (words[0] != '\0') {
		put_tagged(out, before, words, after);
	} else if (json_text(text, "en")[0] != '\0') {
		buf_put_str(out, before);
		put_tagged(out, "<span lang=\"en\">", json_text(text, "en"), "</span>");
		buf_put_str(out, after);
	}
}

void
answer_prefix_html(struct buf *out, const json_t *said, enum lang l)
{
	put_text(out, "<p id=\"demonstration\" role=\"note\">", json_object_get(said, "prefix"), l, "</p>\n");
}

/* day: which the answer holds for, where somebody asked; NULL: today.  checked: what was, where
 * it was not the paper or its file. */
static void
put_said(struct buf *out, const json_t *said, enum lang l, const char *day, const json_t *checked)
{
	static const char *const for_day[LANGS] = { "Câu trả lời này là cho ngày ", "This answer is for ", "Cette réponse vaut pour le " };
	char text[DAY_TEXT];

	answer_prefix_html(out, said, l);
	buf_printf(out, "<section id=\"answer\" class=\"said %s\" tabindex=\"-1\" aria-labelledby=\"answer-word\"", colour_of(said));
	put_tagged(out, " data-id=\"", json_text(said, "id"), "\"");
	buf_put_str(out, "><h2 id=\"answer-word\">");
	put_tagged(out, "<span class=\"sign\" aria-hidden=\"true\">", json_text(said, "sign"), "</span> ");
	put_text(out, "", json_object_get(said, "word"), l, "");
	buf_put_str(out, "</h2>\n");
	if (day != NULL)
		buf_printf(out, "<p class=\"for-day\">%s%s.</p>\n", for_day[l], day_of_people(text, day));
	put_text(out, "<p class=\"say\">", json_object_get(said, "say"), l, "</p>\n");
	put_text(out, "<p class=\"act\">", json_object_get(said, "act"), l, "</p>\n");
	put_text(out, "<p class=\"checked\">", checked, l, "</p>\n");
	buf_put_str(out, "</section>\n");
}

void
answer_box_html(struct buf *out, const json_t *said, enum lang l)
{
	put_said(out, said, l, NULL, NULL);
}

/* An answer that the daemons did not give.  The words are complete in every language. */
struct own_answer { const char *id, *sign, *colour, *word[LANGS], *say[LANGS], *act[LANGS]; };

static const struct own_answer refused = { "refused", "–", "grey", { "CHƯA KIỂM TRA ĐƯỢC", "NOT CHECKED", "NON VÉRIFIÉ" },
	{ "Máy không đọc được điều vừa gửi. Chưa kết luận gì về giấy.", "What was sent could not be read. This says nothing about the paper.", "L’envoi est illisible. Cela ne dit rien du papier." },
	{ "Xem lại mã, tệp hoặc ngày rồi thử lại.", "Look at the code, the file or the day again and retry.", "Revoyez le code, le fichier ou la date, puis réessayez." } };
static const struct own_answer nothing = { "nothing-asked", "–", "grey", { "CHƯA CÓ GÌ ĐỂ KIỂM TRA", "NOTHING TO CHECK YET", "RIEN À VÉRIFIER" },
	{ "Chưa có mã và chưa có tệp.", "There is neither a code nor a file yet.", "Il n’y a encore ni code ni fichier." },
	{ "Gõ mã in trên giấy, hoặc chọn tệp giấy phép.", "Type the code printed on the paper, or choose the permit file.", "Tapez le code imprimé sur le papier, ou choisissez le fichier." } };
static const struct own_answer large = { "too-large", "–", "grey", { "TỆP QUÁ LỚN", "FILE TOO LARGE", "FICHIER TROP GROS" },
	{ "Tệp lớn hơn 8 MB nên chưa kiểm tra. Giấy phép do thành phố cấp nhỏ hơn nhiều.", "The file is larger than 8 MB and was not checked. Permits of the city are much smaller.",
	  "Le fichier dépasse 8 Mo et n’a pas été vérifié. Les permis de la ville sont bien plus petits." },
	{ "Chọn đúng tệp giấy phép, hoặc gõ mã in trên giấy.", "Choose the permit file itself, or type the code on the paper.", "Choisissez le fichier du permis, ou tapez le code imprimé." } };
static const struct own_answer busy = { "busy", "–", "grey", { "ĐANG BẬN", "BUSY", "OCCUPÉ" },
	{ "Hệ thống đang bận nên chưa kiểm tra được. Lỗi ở phía chúng tôi, không phải ở giấy của quý vị.", "The service is busy, so nothing was checked. The fault is ours, not your paper's.",
	  "Le service est occupé : rien n’a été vérifié. La faute est nôtre, pas celle du papier." },
	{ "Đợi 20 giây rồi thử lại. Cần gấp: hỏi nhân viên.", "Try again in 20 seconds. If urgent, ask staff.", "Réessayez dans 20 secondes. Urgent : demandez au personnel." } };

static const struct own_answer mistyped = { "hash-mistyped", "–", "grey", { "MÃ BĂM CHƯA ĐÚNG", "NOT A SHA-256", "PAS UN SHA-256" },
	{ "Mã băm SHA-256 có đúng 64 chữ số thập lục phân (0–9, a–f). Máy chưa tra gì cả.", "A SHA-256 has exactly 64 hexadecimal digits (0–9, a–f). Nothing was looked up.",
	  "Un SHA-256 a exactement 64 chiffres hexadécimaux (0–9, a–f). Rien n’a été cherché." },
	{ "Chép lại cả dòng, hoặc gửi chính tệp đó.", "Copy the whole line again, or send the file itself.", "Recopiez toute la ligne, ou envoyez le fichier lui-même." } };

static json_t *
own_answer_json(const struct own_answer *a)
{
	json_t *j = json_pack("{s:s, s:s, s:s, s:{}, s:{}, s:{}}", "id", a->id, "sign", a->sign, "colour", a->colour, "word", "say", "act");

	promise(j != NULL);
	for (enum lang l = 0; l < LANGS; l++) {
		json_object_set_new(json_object_get(j, "word"), lang_words[l], json_string(a->word[l]));
		json_object_set_new(json_object_get(j, "say"), lang_words[l], json_string(a->say[l]));
		json_object_set_new(json_object_get(j, "act"), lang_words[l], json_string(a->act[l]));
	}
	return j;
}

/*
 * Rows.
 */

static void
put_value(struct buf *out, const char *value)
{
	buf_put_str(out, "</dt><dd>");
	text_put_html(out, span_str(value));
	buf_put_str(out, "</dd></div>\n");
}

/* Nothing where there is no value. */
static void
put_row(struct buf *out, const char *term, const char *value)
{
	if (value[0] == '\0')
		return;
	buf_printf(out, "<div><dt>%s", term);
	put_value(out, value);
}

static void
put_day_row(struct buf *out, const char *term, const char *iso)
{
	char text[DAY_TEXT];

	put_row(out, term, day_of_people(text, iso));
}

/* "15:42 22/11/2026" of a time. */
static void
put_time_row(struct buf *out, const char *term, const char *iso)
{
	char text[DAY_TEXT];
	own_str char *both = strlen(iso) >= 16 && iso[10] == 'T' ? xprintf("%.5s %s", iso + 11, day_of_people(text, iso)) : xstrdup(iso);

	put_row(out, term, both);
}

/* The value in the language, or what there is of it. */
static void
put_text_row(struct buf *out, const char *term, const json_t *value, enum lang l)
{
	if (json_text(value, lang_words[l])[0] == '\0' && json_text(value, "en")[0] == '\0')
		return;
	buf_printf(out, "<div><dt>%s</dt><dd>", term);
	put_text(out, "", value, l, "");
	buf_put_str(out, "</dd></div>\n");
}

/* A field of the permit.  The paper has its name in Vietnamese: it stands behind the translated one. */
static void
put_line(struct buf *out, const json_t *line, enum lang l)
{
	int depth = (int)json_integer_value(json_object_get(line, "depth"));
	const char *value = json_text(line, "value");

	buf_printf(out, "<div class=\"%sdepth%d\"><dt>", value[0] == '\0' ? "group " : "", depth < 0 ? 0 : depth > 3 ? 3 : depth);
	put_text(out, "", line, l, "");
	if (l != LANG_VI)
		put_tagged(out, " <span lang=\"vi\">(", json_text(line, "vi"), ")</span>");
	put_value(out, value);
}

static void
put_version(struct buf *out, const json_t *permit, enum lang l)
{
	const char *before = json_text(json_object_get(permit, "amends"), "day");
	char version[24];

	if (before[0] == '\0')
		return;
	snprintf(version, sizeof(version), "%lld", (long long)json_integer_value(json_object_get(permit, "version")));
	put_row(out, SAY("Bản thứ", "Version", "Version")[l], version);
	put_day_row(out, SAY("Thay bản cấp ngày", "Replaces the one of", "Remplace celui du")[l], before);
}

/* Where a code was typed there is a file to fetch; of a file whoever asks has it. */
static void
put_links(struct buf *out, const json_t *permit, enum lang l)
{
	char code[40];
	struct err e;

	if (!code_plain(code, json_text(permit, "shortcode"), &e))
		return;
	buf_put_str(out, "<p id=\"links\">");
	buf_printf(out, "<a href=\"/v1/permits/%s/sheet\">%s</a> ", code, SAY("Bản để in", "Printable sheet", "Feuille à imprimer")[l]);
	buf_printf(out, "<a href=\"/v1/permits/%s\">%s</a>", code, SAY("Tải tệp đã ký (XML)", "Download the signed file (XML)", "Télécharger le fichier signé (XML)")[l]);
	buf_put_str(out, "</p>\n");
}

/* The paper has it in Vietnamese: that stands behind the translated one. */
static void
put_kind(struct buf *out, const json_t *permit, enum lang l)
{
	const char *vi = json_text(permit, "kind_vi"), *words = l == LANG_VI ? "" : json_text(permit, l == LANG_EN ? "kind_en" : "kind_fr");

	if (vi[0] == '\0')
		return;
	buf_printf(out, "<div><dt>%s</dt><dd>", SAY("Loại giấy", "Kind", "Type")[l]);
	text_put_html_part(out, "", words, " <span lang=\"vi\">(");
	text_put_html(out, span_str(vi));
	buf_put_str(out, words[0] != '\0' ? ")</span></dd></div>\n" : "</dd></div>\n");
}

/* Of what did not pass nobody is told that a paper must say it. */
static void
put_permit(struct buf *out, const json_t *permit, enum lang l, bool by_code, bool passed)
{
	static const struct { const char *key, *term[LANGS]; void (*put)(struct buf *, const char *, const char *); } rows[] = {
		{ "number", { "Số", "Number", "Numéro" }, put_row },
		{ "agency_name", { "Cơ quan cấp", "Issued by", "Délivré par" }, put_row },
		{ "day", { "Ngày cấp", "Issued on", "Délivré le" }, put_day_row },
		{ "holder", { "Cấp cho", "Holder", "Titulaire" }, put_row },
		{ "valid_from", { "Có hiệu lực từ", "Valid from", "Valable du" }, put_day_row },
		{ "valid_to", { "Có hiệu lực đến hết", "Valid through", "Valable jusqu’au" }, put_day_row },
	};
	const json_t *line;
	size_t i;

	if (json_object_size(permit) == 0)
		return;
	buf_printf(out, "<section id=\"permit\" aria-labelledby=\"permit-title\"><h2 id=\"permit-title\">%s</h2><dl id=\"lines\">\n",
	    passed ? SAY("Trên giấy phải ghi", "The paper must say", "Le papier doit dire")[l] : SAY("Tệp này ghi", "What this file says", "Ce que dit ce fichier")[l]);
	put_kind(out, permit, l);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		rows[i].put(out, rows[i].term[l], json_text(permit, rows[i].key));
	put_version(out, permit, l);
	json_array_foreach(json_object_get(permit, "lines"), i, line)
		put_line(out, line, l);
	put_row(out, SAY("Mã hồ sơ", "Dossier", "Dossier")[l], json_text(permit, "dossier"));
	buf_put_str(out, "</dl>\n");
	if (by_code)
		put_links(out, permit, l);
	buf_put_str(out, "</section>\n");
}

static void
put_made(struct buf *out, const json_t *permit, enum lang l)
{
	buf_printf(out, "<div><dt>%s</dt><dd>", SAY("Giấy phép từ hồ sơ này", "Permit made from it", "Permis issu de ce dossier")[l]);
	put_text(out, "", json_object_get(permit, "kind"), l, ": ");
	put_text(out, "", json_object_get(permit, "state_say"), l, "");
	if (json_text(permit, "day")[0] != '\0') {
		char text[DAY_TEXT];

		put_tagged(out, ", ", day_of_people(text, json_text(permit, "day")), "");
	}
	buf_put_str(out, "</dd></div>\n");
}

static void
put_dossier(struct buf *out, const json_t *dossier, enum lang l)
{
	const json_t *permit;
	size_t i;

	if (json_object_size(dossier) == 0)
		return;
	buf_printf(out, "<section id=\"dossier\" aria-labelledby=\"dossier-title\"><h2 id=\"dossier-title\">%s</h2><dl id=\"steps\">\n", SAY("Hồ sơ", "The dossier", "Le dossier")[l]);
	put_row(out, SAY("Mã hồ sơ", "Dossier", "Dossier")[l], json_text(dossier, "code"));
	put_row(out, SAY("Cơ quan", "Authority", "Autorité")[l], json_text(json_object_get(dossier, "agency"), "name"));
	put_text_row(out, SAY("Loại giấy", "Kind", "Type")[l], json_object_get(dossier, "kind"), l);
	put_text_row(out, SAY("Bước hiện tại", "Step", "Étape")[l], json_object_get(dossier, "step_say"), l);
	put_day_row(out, SAY("Từ ngày", "Since", "Depuis le")[l], json_text(dossier, "since"));
	put_day_row(out, SAY("Hẹn trả kết quả", "Due", "Échéance")[l], json_text(dossier, "due"));
	json_array_foreach(json_object_get(dossier, "permits"), i, permit)
		put_made(out, permit, l);
	put_time_row(out, SAY("Tính đến", "As of", "État au")[l], json_text(dossier, "as_of"));
	buf_put_str(out, "</dl></section>\n");
}

/*
 * Details.
 */

static const char *
proof_say(const char *proof, enum lang l)
{
	static const struct { const char *word, *say[LANGS]; } rows[] = {
		{ "time-stamp", { "dấu thời gian", "a time stamp", "un horodatage" } },
		{ "log", { "sổ đăng ký", "the register", "le registre" } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].word, proof) == 0)
			return rows[i].say[l];
	return SAY("chưa có", "none", "aucune")[l];
}

static void
put_two(struct buf *out, const char *term, const char *a, const char *between, const char *b)
{
	own_str char *both = xprintf("%s%s%s", a, a[0] != '\0' && b[0] != '\0' ? between : "", b);

	put_row(out, term, both);
}

static void
put_reaffirmed(struct buf *out, const json_t *by, enum lang l)
{
	char day[DAY_TEXT];

	put_two(out, SAY("Cơ quan cấp đã xác nhận lại, theo quyết định", "Reaffirmed by the agency, by decision", "Confirmé par l’autorité, décision")[l],
	    json_text(by, "decision"), ", ", day_of_people(day, json_text(by, "decided")));
}

/* reaffirmation: the permit's, where it has one. */
static void
put_signature(struct buf *out, const json_t *s, const json_t *reaffirmation, enum lang l)
{
	const json_t *who = json_object_get(s, "signer"), *certificate = json_object_get(s, "certificate"), *appointed = json_object_get(s, "appointed");

	buf_put_str(out, "<dl>\n");
	put_row(out, SAY("Người ký", "Signer", "Signataire")[l], json_text(who, "name"));
	put_two(out, SAY("Chức vụ", "Title", "Fonction")[l], json_text(who, "mode"), " ", json_text(who, "title"));
	put_row(out, SAY("Đơn vị", "Unit", "Unité")[l], json_text(who, "unit"));
	put_two(out, SAY("Kết luận", "Verdict", "Conclusion")[l], json_text(s, "verdict"), " / ", json_text(s, "sub"));
	put_time_row(out, SAY("Giờ ký ghi trong chữ ký", "Claimed time", "Heure déclarée")[l], json_text(s, "claimed"));
	put_time_row(out, SAY("Chắc chắn có trước", "Proven to exist at", "Existence prouvée à")[l], json_text(s, "proven"));
	put_row(out, SAY("Bằng chứng", "Proof", "Preuve")[l], proof_say(json_text(s, "proof"), l));
	if (json_is_boolean(appointed))
		put_row(out, SAY("Quyền ký vào ngày ký, theo sổ của thành phố", "Right to sign on that day, by the city's register", "Droit de signer ce jour-là, selon le registre")[l],
		    json_is_true(appointed) ? SAY("có", "held", "oui")[l] : SAY("không có", "not held", "non")[l]);
	if (json_is_true(json_object_get(s, "reaffirmed")))
		put_reaffirmed(out, reaffirmation, l);
	put_row(out, SAY("Nơi cấp chứng thư", "Issuer", "Émetteur")[l], json_text(s, "issuer"));
	put_row(out, SAY("Số chứng thư", "Certificate", "Certificat")[l], json_text(certificate, "serial"));
	put_time_row(out, SAY("Chứng thư có hiệu lực từ", "Certificate valid from", "Certificat valable du")[l], json_text(certificate, "from"));
	put_time_row(out, SAY("Chứng thư có hiệu lực đến", "Certificate valid to", "Certificat valable au")[l], json_text(certificate, "to"));
	put_time_row(out, SAY("Chứng thư bị thu hồi", "Certificate revoked", "Certificat révoqué")[l], json_text(certificate, "revoked"));
	buf_put_str(out, "</dl>\n");
}

static void
put_reasons(struct buf *out, const json_t *reasons, enum lang l)
{
	const json_t *reason;
	size_t i;

	json_array_foreach(reasons, i, reason)
		put_text(out, "<p>", reason, l, "</p>\n");
}

static void
put_details(struct buf *out, const json_t *report, enum lang l)
{
	const json_t *signature;
	size_t i;

	if (json_text(report, "verdict")[0] == '\0')
		return;
	buf_printf(out, "<details id=\"details\"><summary>%s</summary><div id=\"more\">\n", SAY("Chi tiết chữ ký", "Details of the signatures", "Détails des signatures")[l]);
	json_array_foreach(json_object_get(report, "signatures"), i, signature)
		put_signature(out, signature, json_object_get(json_object_get(report, "permit"), "reaffirmation"), l);
	put_reasons(out, json_object_get(report, "reasons"), l);
	put_reasons(out, json_object_get(report, "remarks"), l);
	buf_put_str(out, "<dl>\n");
	put_two(out, SAY("Kết luận theo EN 319 102-1", "Verdict, EN 319 102-1", "Conclusion, EN 319 102-1")[l], json_text(report, "verdict"), " / ", json_text(report, "sub"));
	put_time_row(out, SAY("Tình trạng tính đến", "Status as of", "État au")[l], json_text(json_object_get(report, "in_force"), "as_of"));
	put_row(out, "SHA-256", json_text(report, "sha256"));
	buf_put_str(out, "</dl></div></details>\n");
}

/*
 * The page.
 */

/* hash: where it is asked for, and then neither code nor file is. */
struct question { enum lang lang; char *code, *day, *hash; struct span file; bool as_json, as_print; };

static void
question_drop(struct question *q)
{
	free(q->code);
	free(q->day);
	free(q->hash);
}

static void
put_page(struct call *c, const struct question *q, const json_t *said, const json_t *report, const char *why)
{
	struct buf *out = &c->out->body;
	enum lang l = q->lang;

	c->out->type = "text/html; charset=utf-8";
	answer_head(out, l, NULL);
	buf_printf(out, "<link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body>\n<header><h1>%s</h1></header>\n<main>\n<div id=\"result\">\n", titles[l]);
	/* What is no permit has no day: a dossier's step is today's. */
	put_said(out, said, l, json_object_get(report, "in_force") != NULL && q->day[0] != '\0' ? q->day : NULL, json_object_get(report, "checked"));
	put_tagged(out, "<p class=\"hint\" lang=\"en\">", why, "</p>\n");
	history_html(out, report, l, false);
	put_permit(out, json_object_get(report, "permit"), l, q->file.len == 0, strcmp(json_text(report, "verdict"), "TOTAL-PASSED") == 0);
	put_dossier(out, json_object_get(report, "dossier"), l);
	put_details(out, report, l);
	buf_printf(out, "</div>\n<p class=\"again\"><a href=\"/?lang=%s\">%s</a></p>\n</main>\n</body>\n</html>\n", lang_words[l], SAY("Kiểm tra giấy khác", "Check another permit", "Vérifier un autre permis")[l]);
}

/* A person gets a page, with the status that a program would get. */
static bool
put_own(struct call *c, const struct question *q, const struct own_answer *a, struct err *e)
{
	own(json_t) *said = own_answer_json(a);

	routes_hide_inside(e);
	if (c->out->status < 400)
		c->out->status = (unsigned)err_http(e->class);
	if (c->out->status == 503)
		c->out->retry_secs = 20;
	put_page(c, q, said, NULL, a == &refused ? e->text : "");	/* the others say it themselves */
	return buf_ok(&c->out->body, "the answer", e);
}

static bool
put_report(struct call *c, const struct question *q, const json_t *report, struct err *e)
{
	const json_t *said = json_object_get(report, "answer");

	if (q->as_json) {
		c->out->type = "application/json";
		snprintf(c->out->file_name, sizeof(c->out->file_name), "report.json");
		json_write(&c->out->body, report);
		return buf_ok(&c->out->body, "the report", e);
	}
	if (!json_is_object(said)) {
		(void)!fail(e, ERR_BUG, "a report without an answer");
		return put_own(c, q, &busy, e);
	}
	if (q->as_print && q->file.len > 0) {
		c->out->type = "text/html; charset=utf-8";
		return verdict_html(&c->out->body, report, c->api->host, e);
	}
	put_page(c, q, said, report, "");
	return buf_ok(&c->out->body, "the answer", e);
}

/* 2026-11-03, as programs of pages write a day, or 03/11/2026, as people do. */
static bool
take_day(char **day, struct err *e)
{
	const char *s = *day;
	struct err ignored;
	char *iso;

	if (s[0] == '\0' || day_fits(s, &ignored))
		return true;
	if (strlen(s) != 10 || s[2] != '/' || s[5] != '/')
		return fail(e, ERR_INPUT, "day is not of the form yyyy-mm-dd or dd/mm/yyyy");
	iso = xprintf("%.4s-%.2s-%.2s", s + 6, s + 3, s);
	free(*day);
	*day = iso;
	return day_fits(iso, &ignored) || fail(e, ERR_INPUT, "day is not of the form yyyy-mm-dd or dd/mm/yyyy");
}

/* One of the three: the hash where it is what was asked, though it be empty, or there is nothing else. */
static void
choose(struct question *q, bool by_hash)
{
	own_str char *typed = q->hash;

	q->hash = span_dup_str(span_trim(span_str(typed)));
	if (!by_hash && (q->file.len > 0 || span_trim(span_str(q->code)).len > 0))
		q->hash[0] = '\0';
	if (q->hash[0] == '\0' && !by_hash)
		return;
	q->file = SPAN_NONE;
	q->code[0] = '\0';
}

/* The file is part of the request's body; a browser sends an empty one where none was chosen. */
static bool
question_read(struct question *q, struct call *c, struct err *e)
{
	own_str char *lang = NULL, *as = NULL;
	own_struct(buf) none = buf_new(FORM_TEXT_MAX);

	if (!form_text_or_none(&lang, c, "lang", e))
		return false;
	q->lang = answer_lang(lang);
	if (!form_text_or_none(&q->code, c, "code", e) || !form_text_or_none(&q->hash, c, "hash", e) || !form_text_or_none(&q->day, c, "day", e) || !form_text_or_none(&as, c, "as", e) || !take_day(&q->day, e))
		return false;
	q->as_json = strcmp(as, "json") == 0;
	q->as_print = strcmp(as, "print") == 0;
	if (!form_field_or_none(&q->file, &none, c, "file", e))
		return false;
	if (none.len > 0)	/* a name alone, of a form that is not sent in parts */
		q->file = SPAN_NONE;
	choose(q, strcmp(as, "hash") == 0);
	return true;
}

static bool
ask(json_t **report, struct call *c, const struct question *q, struct err *e)
{
	own_struct(buf) text = buf_new(HTTP_REPLY_MAX);
	const char *day = q->day[0] != '\0' ? q->day : NULL;

	if (q->file.len == 0)
		return lookup_answer(report, c, q->hash[0] != '\0' ? q->hash : q->code, day, e);
	return verify_document(c->api, q->file, &(struct verify_wish){ .day = day }, &text, e) && answer_read(report, buf_span(&text), e);
}

bool
answer_run(struct call *c, struct err *e)
{
	own_struct(question) q = { .lang = LANG_VI };
	own(json_t) *report = NULL;

	if (!question_read(&q, c, e))
		return put_own(c, &q, &refused, e);
	if (q.hash[0] != '\0' && !hash_fits(q.hash, e))
		return put_own(c, &q, &mistyped, e);
	if (q.file.len == 0 && span_trim(span_str(q.code)).len == 0 && q.hash[0] == '\0') {
		(void)!fail(e, ERR_INPUT, "the form has no field \"code\", \"file\" or \"hash\", or it is empty");
		return put_own(c, &q, &nothing, e);
	}
	if (q.file.len > VERIFY_DOCUMENT_MAX) {
		(void)!fail(e, ERR_LIMIT, "the file is larger than %u octets", VERIFY_DOCUMENT_MAX);
		return put_own(c, &q, &large, e);
	}
	if (!ask(&report, c, &q, e))
		return put_own(c, &q, err_http(e->class) < 500 ? &refused : &busy, e);
	return put_report(c, &q, report, e);
}
