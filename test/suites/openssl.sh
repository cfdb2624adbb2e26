# SPDX-License-Identifier: GPL-2.0
# openssl.sh: OpenSSL's own of TLS and DTLS: a proxy between client and server changes what they send
# timeout: 1500

TESTS='test_ssl_old test_ssl_new test_sslapi test_ssl_ctx test_bio_* test_dtls test_dtls_mtu
	test_dtlsv1listen test_key_share test_renegotiation test_servername test_srp
	test_sslcbcpadding test_sslcertstatus test_sslextension test_sslmessages test_sslrecords
	test_sslsessiontick test_sslsignature test_sslsigalgs test_sslskewith0p test_sslversions
	test_sslvertol test_tls13* test_tlsextms test_cipherlist test_comp test_clienthello
	test_fatalerr test_npn test_recordlen test_sysdefault
	test_cmp_http test_http test_ocsp test_afalg'

prepare() {
	source_package openssl || return
	[ ! -e "$SUITES/src/openssl/built" ] || return 0
	cd "$SUITES/src/openssl" && ./Configure linux-x86_64 enable-ktls &&
		make -j "$(nproc)" build_sw && touch built
}

suite() {
	local cases=$PWD/cases
	cd "$SUITES/src/openssl" || return
	# shellcheck disable=SC2086
	HARNESS_TAP_COPY=$cases make test TESTS="$(echo $TESTS)" > test.log 2>&1
	grep -E '^(not )?ok ' "$cases"
	tail -n 3 test.log | sed 's/^/# /'
}
