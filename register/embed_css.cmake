# report.css -> one C string.  -D OUT= -D FILE=
file(READ ${FILE} text)
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "\n" "\\n\"\n\t\"" text "${text}")
file(WRITE ${OUT} "#include \"register/report_page.h\"\n\nconst char log_report_css[] =\n\t\"${text}\";\n")
