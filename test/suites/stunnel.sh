# SPDX-License-Identifier: GPL-2.0
# stunnel.sh: stunnel's own tests: certificates, PSK, SNI, resumption, redirection, failover

prepare() {
	source_package stunnel4
}

suite() {
	cp -r "$SUITES/src/stunnel4/tests" . && cd tests || return
	(cd certs && ./maketestcert.sh) > certs.log 2>&1
	# Said, it is content with an OpenSSL that was updated since.
	AUTOPKGTEST_TMP=. timeout 280 /usr/bin/python3 maketest.py --program=/usr/bin/stunnel4 2>&1 | sed -nE '
		/^[0-9]+\. /h
		/^\.+ +(succeeded|failed|skipped)/ {
			s/^\.+ +//
			G
			s/^succeeded\n/ok - /p
			s/^failed\n/not ok - /p
			s/^skipped\n(.*)/ok - \1 # SKIP/p
		}'
}
