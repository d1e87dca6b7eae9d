#include "api/cli/permit_check.h"

#include "policy/policy.h"

#define VERIFY_BY(root) "openssl verify -x509_strict -attime {at} -no-CApath -no-CAstore -CAfile certificates/" root ".pem "
#define VERIFY VERIFY_BY("root")
#define BELOW "-untrusted certificates/issuing.pem "

static const struct { const char *vi, *command; } told[] = {
	[CHECK_ROOT] = { "Chứng thư gốc: dấu vân tay SHA-256 của nó. Đối chiếu với dấu vân tay mà cơ quan cấp đã công bố: {hash}", "prints {hash} fingerprint certificates/root.pem" },
	[CHECK_LOG_KEY] = { "Khóa của nhật ký công khai. Đối chiếu với khóa mà cơ quan cấp đã công bố: {key}", "prints '{quoted}' cat log/log.vkey" },
	[CHECK_CHECKPOINT] = { "Điểm chốt của nhật ký ({size} dòng) do khóa ấy ký.", "holds checkpoint" },
	[CHECK_COSIGNED] = { "Nhân chứng {who} đồng ký điểm chốt ấy lúc {gmt} (giờ quốc tế). Khóa của nhân chứng; đối chiếu với khóa mà nhân chứng đã công bố: {key}", "prints '{gmt}' cosigned '{quoted}'" },
	[CHECK_PATH] = { "Chữ ký {id}: chứng thư của {who} còn hiệu lực, không bị thu hồi, dẫn tới chứng thư gốc, vào lúc có dấu thời gian.",
		"prints 'certificates/{id}.pem: OK' " VERIFY BELOW "-crl_check_all -CRLfile crls/{id}.pem certificates/{id}.pem" },
	[CHECK_SIGNED_WITH] = { "Chữ ký {id} nêu đích danh chứng thư ấy.", "holds signed_with {id} certificates/{id}.pem" },
	[CHECK_XML] = { "Chữ ký {id} đúng, và mọi phần nó bao gồm còn nguyên.",
		"holds xml {id} {place} --trusted-pem certificates/root.pem --untrusted-pem certificates/{id}-issuer.pem --verification-gmt-time '{gmt}'" },
	[CHECK_COVERS] = { "Chữ ký {id} bao gồm đúng những phần này: {covers}.", "holds covers {id} {covers}" },
	[CHECK_STAMP_ROOT] = { "Dấu thời gian của chữ ký {id} do tổ chức khác cấp: {who}. Dấu vân tay SHA-256 của chứng thư gốc của tổ chức ấy. Đối chiếu với dấu vân tay mà tổ chức ấy đã công bố: {hash}",
		"prints {hash} fingerprint certificates/{stamp_root}.pem" },
	[CHECK_STAMP_PATH] = { "Dấu thời gian của chữ ký {id}: chứng thư của tổ chức cấp dấu thời gian còn hiệu lực lúc ấy.",
		"prints 'certificates/{id}-stamp.pem: OK' " VERIFY_BY("{stamp_root}") "-untrusted certificates/{stamp_issuing}.pem -crl_check_all -purpose timestampsign -CRLfile crls/{id}.pem certificates/{id}-stamp.pem" },
	[CHECK_STAMPED] = { "Dấu thời gian và những byte được đóng dấu chính là của chữ ký {id} trong giấy phép.", "holds stamped {id} stamps/{id}.octets stamps/{id}.tst" },
	[CHECK_STAMP] = { "Dấu thời gian của chữ ký {id} đúng.", "holds openssl ts -verify -token_in -in stamps/{id}.tst -data stamps/{id}.octets -attime {at} "
		"-CAfile certificates/{stamp_root}.pem -untrusted certificates/{stamp_issuing}.pem" },
	[CHECK_STAMP_TIME] = { "Dấu thời gian của chữ ký {id} ghi lúc {stamped} (giờ quốc tế).", "holds dated stamps/{id}.tst '{time}' {year}" },
	[CHECK_ORDER_PATH] = { "Lệnh ở dòng {id}: chứng thư của {who} còn hiệu lực khi ra lệnh.",
		"prints 'certificates/order-{id}.pem: OK' " VERIFY BELOW "-crl_check -CRLfile crls/order-{id}.pem certificates/order-{id}.pem" },
	[CHECK_ORDER_ISSUER] = { "Lệnh ở dòng {id}: cơ quan cấp chứng thư ấy không bị chứng thư gốc thu hồi (theo danh sách thu hồi mới nhất của gốc).",
		"prints 'certificates/order-{id}-issuer.pem: OK' " VERIFY "-crl_check -CRLfile crls/order-{id}-issuer.pem certificates/order-{id}-issuer.pem" },
	[CHECK_ORDER_CMS] = { "Lệnh ở dòng {id} do chính chứng thư ấy ký.",
		"holds openssl cms -verify -binary -inform DER -in orders/{id}.cms -nointern -noverify -certfile certificates/order-{id}.pem -out \"$tmp/order\"" },
	[CHECK_ORDER_TEXT] = { "Nội dung được ký của lệnh ở dòng {id} là tệp orders/{id}.json.", "holds same \"$tmp/order\" orders/{id}.json" },
	[CHECK_ORDER_SEAL] = { "Lệnh ở dòng {id} là lệnh {verb} đối với chính tệp mà cán bộ đã ký.", "has \"$(subject \"$(before_seal)\" {handle})\" cat orders/{id}.json" },
	[CHECK_ORDER_ACT] = { "Lệnh ở dòng {id} là lệnh {verb} đối với chính giấy phép này.", "has \"$(subject \"$(sha256sum <permit.xml | cut -c1-64)\" {handle})\" cat orders/{id}.json" },
	[CHECK_COPY] = { "Tệp reaffirmed.xml, cho đến phần xác nhận lại, là permit.xml (có thể có thêm dấu thời gian lưu trữ ở cuối con dấu).", "holds grown" },
	[CHECK_DECISION_COPY] = { "Phần xác nhận lại nêu Quyết định {decision} ngày {decided}.", "has '{xml}' reaffirmation" },
	[CHECK_DECISION_ORDER] = { "Lệnh ở dòng {id} nêu đúng quyết định ấy.", "has '{json}' cat orders/{id}.json" },
	[CHECK_LOST_CRL] = { "Danh sách thu hồi mới nhất khi có lệnh xác nhận lại, do nơi cấp chứng thư của {who} ký.",
		"has 'verify OK' openssl crl -in crls/{id}-lost.pem -noout -no-CApath -no-CAstore -CAfile certificates/{id}-issuer.pem" },
	[CHECK_LOST] = { "Theo danh sách ấy, chứng thư của {who} (chữ ký {id}) bị thu hồi vì lộ khóa lúc {revoked}, và khóa nằm trong tay người khác từ {lost} (giờ quốc tế).",
		"prints '{revoked}, {lost}' lost {id}" },
	[CHECK_LOST_SIGNED] = { "Chữ ký {id} được tạo trong khoảng ấy, nên tự nó không còn giá trị.", "holds within {id}" },
	[CHECK_LATER] = { "Con dấu xác nhận lại được đóng sau lúc thu hồi ấy, theo giờ nó ghi và theo dấu thời gian của nó.", "holds later {id}" },
	[CHECK_STANDS] = { "CHÚ Ý: chữ ký {id} của {who} chỉ có giá trị nhờ cơ quan xác nhận lại theo Quyết định {decision} ngày {decided}, "
		"không nhờ chính nó. / NOTE: signature {id} of {who} stands by the agency's reaffirmation alone (decision {decision} of {decided}), not by itself.",
		"holds reaffirms {id}" },
	[CHECK_IN_LOG] = { "Dòng {id} ({what}) đứng trong nhật ký.", "holds in_log {id}" },
	[CHECK_MEANS] = { "Dòng {id} cam kết với bản ghi của nó.", "holds means {id}" },
	[CHECK_ABOUT] = { "Dòng {id} nói về giấy phép này.", "holds about {id} {handle}" },
	[CHECK_RECORDS_ORDER] = { "Bản ghi của dòng {id} là lệnh ấy.", "holds inside orders/{id}.cms log/{id}.record" },
	[CHECK_APPOINTED] = { "Bản ghi của dòng {id} phân công {who}.", "holds tells {id} '{quoted}'" },
	[CHECK_DECIDED] = { "Bản ghi của dòng {id} nêu quyết định số {who}.", "holds tells {id} '{quoted}'" },
	[CHECK_POLICY] = { "Chữ ký {id} nêu bản chính sách có giá trị băm này.", "holds by_policy {id} {hash}" },
	[CHECK_POLICY_HASH] = { "Đó là giá trị băm của tên và nội dung mọi tệp trong policy/files.", "prints {hash} policy_hash" },
	[CHECK_POLICY_KIND] = { "Tệp policy/{id}.xml, nói về loại giấy phép này, là một trong các tệp ấy.",
		"has \"$(sha256sum <policy/{id}.xml | cut -c1-64)  /kinds/{id}.xml\" cat policy/files" },
	[CHECK_RECORDS_PERMIT] = { "Bản ghi của dòng {id} là việc phát hành chính tệp giấy phép này.", "holds records {id} \"$(sha256sum <permit.xml | cut -c1-64)\"" },
	[CHECK_RECORDS_BASE] = { "Bản ghi của dòng {id} nêu chính phần ấy của reaffirmed.xml là bản được xác nhận lại.", "holds records {id} \"$(before_again | sha256sum | cut -c1-64)\"" },
	[CHECK_RECORDS_COPY] = { "Bản ghi của dòng {id} là việc đóng dấu chính tệp reaffirmed.xml.", "holds records {id} \"$(sha256sum <reaffirmed.xml | cut -c1-64)\"" },
};

void
check_quote(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++)
		if (*text == '\'')
			buf_put_str(out, "'\\''");
		else
			buf_put_byte(out, (unsigned char)*text < ' ' ? ' ' : (unsigned char)*text);
}

void
check_add(struct buf *steps, enum check_step s, const char *const values[])
{
	own_struct(buf) vi = buf_new(1 << 14);

	answer_fill(&vi, told[s].vi, values);
	buf_put_str(steps, "\nsay '");
	check_quote(steps, buf_str(&vi));
	buf_put_str(steps, "'\n");
	answer_fill(steps, told[s].command, values);
	buf_put_str(steps, "\n");
}

void
check_write(struct buf *out, struct span steps)
{
	buf_put_str(out, bundle_check_sh);
	buf_put_str(out, "\nsay 'Mọi tệp trong gói còn nguyên như lúc đóng gói.'\nholds sha256sum -c --strict --quiet SHA256SUMS\n");
	buf_put_span(out, steps);
	buf_put_str(out, "\n# Nhân chứng mà người đọc có khóa.\nfor vkey in \"$@\"; do\n\tsay \"Nhân chứng ${vkey%%+*} đồng ký điểm chốt, theo khóa được đưa vào: $vkey\"\n"
	    "\twas=$bad\n\tholds cosigned \"$vkey\"\n\t[ \"$bad\" -gt \"$was\" ] || cat \"$tmp/said\"\ndone\n"
	    "printf 'Nhân chứng có dòng đồng ký dưới điểm chốt (kiểm tra khi có khóa) / cosigned by:%s\\n' \"$(others)\"\n");
	buf_put_str(out, "\nif [ \"$bad\" -ne 0 ]; then printf 'SAI: %s bước trong %s / WRONG\\n' \"$bad\" \"$steps\"; exit 1; fi\n"
	    "printf 'ĐÚNG: tất cả %s bước / all steps hold\\n' \"$steps\"\nexit 0\n");
}
