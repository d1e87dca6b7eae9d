#include "verifier/reason.h"

#include "base/text.h"
#include "policy/policy.h"

#include <stdarg.h>
#include <stdio.h>

#define VALUES_MAX 3

static const struct { const char *vi, *en, *fr; } says[SAIDS] = {
	[SUB_FORMAT_FAILURE] = { "Tệp không đúng cấu trúc của giấy do thành phố cấp.", "The file has not the structure of a permit{1}.", "Le fichier n’a pas la structure d’un permis de la ville." },
	[SUB_HASH_FAILURE] = { "Nội dung đã bị thay đổi sau khi ký.", "The content was changed after signing{1}.", "Le contenu a été modifié après la signature." },
	[SUB_SIG_CRYPTO_FAILURE] = { "Chữ ký không khớp với chứng thư của người ký.", "The signature value is not by the signer's key{1}.", "La signature ne correspond pas au certificat du signataire." },
	[SUB_REVOKED] = { "Chữ ký được tạo sau khi chứng thư đã bị thu hồi.", "The signature was made after its certificate was revoked{1}.", "La signature a été faite après la révocation de son certificat." },
	[SUB_EXPIRED] = { "Chữ ký được tạo sau khi chứng thư hết hạn.", "The signature was made after its certificate expired{1}.", "La signature a été faite après l’expiration de son certificat." },
	[SUB_NOT_YET_VALID] = { "Chữ ký được tạo trước khi chứng thư có hiệu lực.", "The signature was made before its certificate was valid{1}.", "La signature a été faite avant que son certificat soit valable." },
	[SUB_SIG_CONSTRAINTS_FAILURE] = { "Người ký không có quyền ký loại giấy này.", "The signer had no right to sign this{1}.", "Le signataire n’avait pas le droit de signer cela." },
	[SUB_CHAIN_CONSTRAINTS_FAILURE] = { "Chuỗi chứng thư không đáp ứng quy định.", "The chain of certificates does not meet the rules{1}.", "La chaîne de certificats ne respecte pas les règles." },
	[SUB_CERTIFICATE_CHAIN_GENERAL_FAILURE] = { "Chuỗi chứng thư có lỗi.", "The chain of certificates is faulty{1}.", "La chaîne de certificats est défectueuse." },
	[SUB_CRYPTO_CONSTRAINTS_FAILURE] = { "Thuật toán không còn được chấp nhận.", "An algorithm is no longer accepted{1}.", "Un algorithme n’est plus accepté." },
	[SUB_POLICY_PROCESSING_ERROR] = { "Không xử lý được chính sách chữ ký.", "The signature policy could not be processed{1}.", "La politique de signature n’a pas pu être traitée." },
	[SUB_SIGNATURE_POLICY_NOT_AVAILABLE] = { "Không có chính sách chữ ký mà chữ ký nêu.", "The signature policy named is not known here{1}.", "La politique de signature nommée n’est pas connue ici." },
	[SUB_TIMESTAMP_ORDER_FAILURE] = { "Thứ tự các dấu thời gian không đúng.", "The time stamps are out of order{1}.", "Les horodatages ne se suivent pas dans l’ordre." },
	[SUB_NO_SIGNING_CERTIFICATE_FOUND] = { "Không tìm thấy chứng thư của người ký.", "The signer's certificate was not found{1}.", "Le certificat du signataire n’a pas été trouvé." },
	[SUB_NO_CERTIFICATE_CHAIN_FOUND] = { "Chữ ký do một nơi cấp mà máy này không nhận biết.", "No path leads from the signer to an issuer known here{1}.", "Aucun chemin ne mène du signataire à un émetteur connu ici." },
	[SUB_NO_CERTIFICATE_CHAIN_FOUND_NO_POE] = { "Chứng thư gốc không còn hạn, và không có bằng chứng chữ ký có khi còn hạn.",
		"The anchor above the certificate is outside its dates, and nothing proves that the signature existed within them{1}.", "Le certificat racine est hors de ses dates, et rien ne prouve que la signature existait alors." },
	[SUB_REVOKED_NO_POE] = { "Chứng thư đã bị thu hồi, và không có bằng chứng chữ ký có trước lúc đó.",
		"The certificate was revoked, and nothing proves that the signature existed before{1}.", "Le certificat a été révoqué, et rien ne prouve que la signature existait avant." },
	[SUB_REVOKED_CA_NO_POE] = { "Chứng thư của nơi cấp đã bị thu hồi, và không có bằng chứng chữ ký có trước lúc đó.",
		"An issuer's certificate was revoked, and nothing proves that the signature existed before{1}.", "Le certificat d’un émetteur a été révoqué, et rien ne prouve que la signature existait avant." },
	[SUB_OUT_OF_BOUNDS_NO_POE] = { "Chứng thư không còn hạn, và không có bằng chứng chữ ký có khi còn hạn.",
		"The certificate is outside its dates, and nothing proves that the signature existed within them{1}.", "Le certificat est hors de ses dates, et rien ne prouve que la signature existait alors." },
	[SUB_OUT_OF_BOUNDS_NOT_REVOKED] = { "Chứng thư không còn hạn.", "The certificate is outside its dates{1}.", "Le certificat est hors de ses dates." },
	[SUB_REVOCATION_OUT_OF_BOUNDS_NO_POE] = { "Chứng thư của nơi lập danh sách thu hồi đã hết hạn, và không có bằng chứng danh sách đó có từ trước.",
		"The certificate of who made the list of revocations has ended, and nothing proves that the list existed before{1}.", "Le certificat de qui a fait la liste de révocations est expiré, et rien ne prouve que la liste existait avant." },
	[SUB_CRYPTO_CONSTRAINTS_FAILURE_NO_POE] = { "Thuật toán không còn được chấp nhận cho chữ ký mới.",
		"An algorithm is no longer accepted for new signatures, and nothing proves that this one is old{1}.", "Un algorithme n’est plus accepté pour de nouvelles signatures, et rien ne prouve que celle-ci est ancienne." },
	[SUB_NO_POE] = { "Không có bằng chứng về thời điểm ký.", "Nothing proves when the signature existed{1}.", "Rien ne prouve quand la signature existait." },
	[SUB_TRY_LATER] = { "Chưa biết chứng thư có bị thu hồi hay không.", "It is not known whether the certificate was revoked{1}.", "On ignore si le certificat a été révoqué." },
	[SUB_SIGNED_DATA_NOT_FOUND] = { "Không tìm thấy nội dung được ký.", "What was signed was not found{1}.", "Ce qui a été signé n’a pas été trouvé." },

	[SAID_NO_SIGNATURE] = { "Tệp này không có chữ ký số.", "This file has no digital signature.", "Ce fichier n’a pas de signature numérique." },
	[SAID_NO_SIGNATURE_FOUND] = { "Tệp này không có chữ ký số.", "This file has no digital signature: {1}.", "Ce fichier n’a pas de signature numérique." },
	[SAID_NO_FORM] = { "Tệp chữ ký số không đúng cấu trúc {1} mà hệ thống nhận.", "The file is not {1} as it is taken here: {2}.", "Le fichier n’est pas du {1} tel qu’on le lit ici." },
	[SAID_NO_DSIG_FORM] = { "Chữ ký số không đúng cấu trúc mà hệ thống nhận.", "{1}", "La signature n’a pas une structure que l’on lit ici." },
	[SAID_NO_PERMIT] = { "Đây không phải giấy do thành phố cấp; chỉ chữ ký số được xét.", "This is no permit of the city; its digital signature alone was judged.",
		"Ce n’est pas un permis de la ville ; seule sa signature numérique a été examinée." },
	[SAID_OLD_ALGORITHM] = { "Chữ ký dùng thuật toán cũ nhưng còn được chấp nhận.", "The signature uses an older algorithm that is still accepted.", "La signature utilise un algorithme ancien, encore accepté." },
	[SAID_STAMP_PROVES_NOTHING] = { "Có một dấu thời gian không dùng làm bằng chứng được.", "{1} time stamp on it proves nothing: {2}.", "Un de ses horodatages ne prouve rien." },
	[SAID_HELD] = { "Chứng thư của người ký đang bị tạm khóa từ {1}.", "The certificate may be resumed or revoked: ask again.", "Le certificat du signataire est suspendu depuis {1} : il peut être rétabli ou révoqué." },
	[SAID_LIST_LASTS] = { "Danh sách thu hồi ở đây có hạn đến {1}; hỏi lại khi có danh sách sau đó.", "The list of revocations at hand lasts until {1}: ask again when there is a later one.",
		"La liste de révocations disponible vaut jusqu’au {1} : redemandez quand il y en aura une plus récente." },
	[SAID_REAFFIRMED] = { "Cơ quan cấp giấy đã xác nhận lại theo Quyết định {1} ngày {2}.", "Reaffirmed by the agency: decision {1} of {3}.", "Confirmé par l’autorité : décision {1} du {2}." },
	[SAID_NO_STATUS_LIST] = { "Không có danh sách tình trạng cho giấy này.", "No status list for this permit is at hand.", "Aucune liste d’état n’est disponible pour ce permis." },
	[SAID_STATUS_LIST_STALE] = { "Danh sách tình trạng đã quá hạn.", "The status list at hand is out of date.", "La liste d’état disponible est périmée." },
	[SAID_BEFORE_FIRST_DAY] = { "Giấy này chưa đến ngày bắt đầu có hiệu lực.", "This permit does not take effect before its first day.", "Ce permis ne prend effet qu’à son premier jour." },
	[SAID_TIER_LIST_OVER] = { "Danh sách nguồn tin cậy đã quá hạn nên không dùng.", "The tier list is over and was not used.", "La liste de confiance est périmée et n’a pas servi." },
	[SAID_OTHER_CONTENT] = { "Tệp nội dung đưa kèm không phải là nội dung đã ký trong tệp này.", "The content that was given is not the one that is signed in this file.",
		"Le contenu fourni n’est pas celui qui est signé dans ce fichier." },
	[SAID_CMS_PASSED_OVER] = { "Có thuộc tính không ký không được xét (ký xác nhận thêm, dấu thời gian lưu trữ hoặc loại khác).",
		"Unsigned attributes that are not judged here were passed over (counter-signatures, archive time stamps or others).",
		"Des attributs non signés n’ont pas été examinés (contre-signatures, horodatages d’archivage ou autres)." },
	[SAID_NO_CRL_PASSED_OVER] = { "Dữ liệu thu hồi kèm theo không phải danh sách thu hồi (CRL) không được dùng.", "Revocation data in it that is no CRL was not used.",
		"Ses données de révocation qui ne sont pas des listes (CRL) n’ont pas servi." },
	[SAID_CONTENT_UNSIGNED] = { "Tệp có nội dung không được ký.", "{1} is signed by nobody, or not by everybody who signed.", "Une partie du fichier n’est pas signée, ou pas par tous." },
	[SAID_FILE_UNSIGNED] = { "Tệp nội dung đưa kèm không được ký trong tệp này.", "{1} is signed by nobody, or not by everybody who signed.", "Le contenu fourni n’est pas signé dans ce fichier, ou pas par tous." },
	[SAID_PARTLY_SIGNED] = { "Không phải toàn bộ tệp được mọi người ký: chỉ tin phần được nêu dưới đây.", "Not all of the file is signed by everybody who signed: rely on the parts named below.",
		"Le fichier n’est pas signé en entier par tous : ne vous fiez qu’aux parties nommées ci-dessous." },
	[SAID_SIGNED_PART] = { "{1} ký: {2}", "{1} signed: {2}", "{1} a signé : {2}" },
	[SAID_ALL_SIGNED] = { "Toàn bộ nội dung ngoài chữ ký đều được ký.", "Everything outside of the signatures is signed.", "Tout ce qui est hors des signatures est signé." },
	[SAID_COMMENTS_UNSIGNED] = { "Chú thích trong tệp không được ký.", "Comments in the file are not signed.", "Les commentaires du fichier ne sont pas signés." },
	[SAID_CERTIFICATE_UNSIGNED] = { "Chứng thư của người ký không nằm trong phần được ký.",
		"Nothing that is signed names the signer's certificate (plain XML-DSig): another with the same key could stand in its place.", "Le certificat du signataire n’est pas dans ce qui est signé." },
	[SAID_XADES_PASSED_OVER] = { "Có thuộc tính không được xét (dấu thời gian lưu trữ, phản hồi OCSP hoặc loại khác).",
		"Properties that are not judged here were passed over (archive time stamps, OCSP responses or others).", "Des propriétés n’ont pas été examinées (horodatages d’archivage, réponses OCSP ou autres)." },
	[SAID_COUNTERSIGNS] = { "Chữ ký xác nhận chữ ký {1}.", "It counter-signs {1}.", "Elle contresigne {1}." },
	[SAID_TOO_MANY_SIGNERS] = { "Có quá nhiều người ký.", "There are more signers than are judged.", "Il y a trop de signataires." },
	[SAID_CONTENT_NOT_INSIDE] = { "Tệp nội dung đưa kèm không có trong gói này.", "The content that was given is none of the files in this container.", "Le contenu fourni n’est aucun des fichiers de ce conteneur." },
	[SAID_ENTRY_UNSIGNED] = { "Tệp {1} trong gói không được ai ký.", "The file {1} in it is signed by nobody.", "Le fichier {1} du conteneur n’est signé par personne." },
	[SAID_ENTRIES_PARTLY_SIGNED] = { "Không phải chữ ký nào cũng ký mọi tệp trong gói: xem tệp nào được ký ở đâu.", "Not every signature covers every file in it: look which file is signed where.",
		"Toutes les signatures ne couvrent pas tous les fichiers : voyez lequel est signé où." },
	[SAID_ARCHIVE_PASSED_OVER] = { "Danh mục lưu trữ hoặc bằng chứng lưu trữ kèm theo không được xét.", "Archive manifests or evidence records in it were not judged.",
		"Ses manifestes ou preuves d’archivage n’ont pas été examinés." },
	[SAID_EXISTED] = { "Nội dung có {1} {2} đã tồn tại lúc {3}. Dấu thời gian cho biết lúc nào, không cho biết ai đã làm ra nội dung.",
		"The content whose {1} is {2} existed at {3}. A time stamp says when, not who made it.", "Le contenu dont le {1} est {2} existait le {3}. Un horodatage dit quand, non qui l’a fait." },
	[SAID_NO_RIGHT] = { "Theo sổ của thành phố, người ký không có quyền ký loại giấy này vào ngày ký.", "By the city's register the signer had no right to sign this kind of permit on the day of signing.",
		"Selon le registre de la ville, le signataire n’avait pas le droit de signer ce type de permis le jour de la signature." },
	[SAID_OTHER_OCTETS] = { "Sổ của thành phố không có đúng tệp này.", "The city's register does not have these very bytes.", "Le registre de la ville n’a pas ce fichier-là, octet pour octet." },
	[SAID_REAFFIRMED_COPY] = { "Cơ quan cấp đã đóng dấu xác nhận lại giấy phép này: tra mã trên giấy để xem bản có xác nhận.",
		"The agency has reaffirmed this permit: look up the code on the paper to see the copy that says so.", "L’autorité a confirmé ce permis : tapez le code imprimé pour voir la copie qui le dit." },
	[SAID_SAME_OCTETS] = { "Chỉ so mã băm SHA-256: tệp có mã này đúng là tệp cơ quan đã cấp, từng byte một. Máy không nhận và không xem tệp.",
		"The SHA-256 alone was compared: a file that has it is, octet for octet, the file that the agency issued. The file itself was not sent and not seen.",
		"Seule l’empreinte SHA-256 a été comparée : un fichier qui l’a est, octet pour octet, celui que l’autorité a délivré. Le fichier lui-même n’a été ni envoyé ni vu." },
	[SAID_NO_REGISTER] = { "Chưa hỏi được sổ của thành phố.", "The city's register could not be asked.", "Le registre de la ville n’a pas pu être interrogé." },
};

/* A name cut off within a letter would take the whole sentence out of the JSON. */
static void
put(char out[REASON_TEXT], const char *text, const char *const values[])
{
	own_struct(buf) b = buf_new(16u << 10);

	answer_fill(&b, text, values);
	snprintf(out, REASON_TEXT, "%s", buf_str(&b));
	text_show(out);
}

static void
add(struct reasons *r, enum said what, const char *const value[VALUES_MAX])
{
	const char *const values[] = { "1", value[0], "2", value[1], "3", value[2], NULL };
	struct reason *is = &r->at[r->n];

	promise(says[what].vi != NULL);
	if (r->n == REPORT_REASONS_MAX)
		return;
	put(is->vi, says[what].vi, values);
	put(is->en, says[what].en, values);
	put(is->fr, says[what].fr, values);
	r->n++;
}

void
reason_add(struct reasons *r, enum said what, ...)
{
	const char *value[VALUES_MAX] = { "", "", "" };
	const char *v;
	va_list more;

	va_start(more, what);
	for (size_t i = 0; (v = va_arg(more, const char *)) != NULL; i++) {
		promise(i < VALUES_MAX);
		value[i] = v;
	}
	va_end(more);
	add(r, what, value);
}

void
reason_sub(struct reasons *r, enum sub_indication sub, const char *detail)
{
	own_str char *behind = detail != NULL && detail[0] != '\0' ? xprintf(": %s", detail) : xstrdup("");

	add(r, (enum said)sub, (const char *const [VALUES_MAX]){ behind, "", "" });
}

json_t *
reason_json(const struct reason *r)
{
	return json_pack("{s:s, s:s, s:s}", "vi", r->vi, "en", r->en, "fr", r->fr);
}

json_t *
reasons_json(const struct reasons *r)
{
	json_t *j = json_array();

	for (size_t i = 0; i < r->n; i++)
		json_array_append_new(j, reason_json(&r->at[i]));
	return j;
}
