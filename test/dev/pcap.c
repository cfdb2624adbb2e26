// SPDX-License-Identifier: GPL-2.0
/*
 * pcap.c - the capture back end
 *
 * Files are put together and taken apart here by the formats' descriptions (IETF
 * draft-ietf-opsawg-pcap and -pcapng), not with libpcap.
 *
 * release: none
 */
#include <stdarg.h>
#include <setjmp.h>
#include "fake.h"
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MICRO = 0xa1b2c3d4,
	NANO = 0xa1b23c4d,
	ETHERNET = 1,
	RAW_IP = 101,
	FILE_HEADER = 24,
	RECORD_HEADER = 16,
};

static struct fake fake;
static char directory[64], in[80], out[80], spec[200];

/* A capture under construction, in one byte order. */
static struct {
	uint8_t data[1 << 20];
	size_t len;
	bool big_endian;
} file;

static void put(uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		file.data[file.len++] = value >> 8 * (file.big_endian ? bytes - 1 - i : i);
}

static void put_header(bool big_endian, uint32_t magic, uint32_t linktype)
{
	file.len = 0;
	file.big_endian = big_endian;
	put(magic, 4);
	put(2, 2);
	put(4, 2);
	put(0, 4);
	put(0, 4);
	put(65535, 4);
	put(linktype, 4);
}

static void put_record(const void *data, uint32_t caplen, uint32_t len)
{
	put(1000, 4);
	put(1, 4);
	put(caplen, 4);
	put(len, 4);
	memcpy(file.data + file.len, data, caplen);
	file.len += caplen;
}

/* A new file each time: some file systems write one that is replaced to the disk. */
static void write_in(void)
{
	FILE *f;

	unlink(in);
	unlink(out);
	f = fopen(in, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(file.data, 1, file.len, f), file.len);
	fclose(f);
}

static size_t read_out(uint8_t *to, size_t max)
{
	FILE *f = fopen(out, "rb");
	size_t len;

	assert_non_null(f);
	len = fread(to, 1, max, f);
	fclose(f);
	return len;
}

static uint32_t get(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static int make_directory(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/pcap-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	snprintf(in, sizeof(in), "%s/in,1.pcap", directory);
	snprintf(out, sizeof(out), "%s/out.pcap", directory);
	snprintf(spec, sizeof(spec), "pcap:%s,%s", in, out);
	return 0;
}

static int remove_directory(void **state)
{
	(void)state;
	unlink(in);
	unlink(out);
	return rmdir(directory);
}

static void receive_all(void)
{
	for (int i = 0; i < 10000 && fake_step(&fake, 0); i++)
		;
	assert_false(fake_step(&fake, 0));
}

/* Every byte of the file follows from the format and the clock. */
static void writes_what_is_sent(void **state)
{
	static uint8_t large[65535 + 14], got[200000];
	const uint8_t *p = got;

	(void)state;
	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = i % 251;
	snprintf(spec, sizeof(spec), "pcap:,%s", out);
	fake_now = 5000000000;
	fake_wall = 946684800ull * 1000000000 + 999999999;	/* 2000-01-01 */
	assert_int_equal(fake_open(&fake, spec, 0), 0);
	assert_int_equal(fake_send(&fake, NULL, large, 60, 1), 1);
	fake_now += 1000000001;
	assert_int_equal(fake_send(&fake, NULL, large, 1514, 18), 1);
	fake_now += 1000000001;
	assert_int_equal(fake_send(&fake, NULL, large, sizeof(large), 17), 1);
	assert_false(fake_step(&fake, 0));

	/* Before the device is closed: a killed program leaves it so. */
	assert_int_equal(read_out(got, sizeof(got)),
			 FILE_HEADER + 3 * RECORD_HEADER + 60 + 1514 + sizeof(large));
	assert_int_equal(get(p), NANO);
	assert_int_equal(get(p + 4), 0x00040002);
	assert_int_equal(get(p + 8), 0);
	assert_int_equal(get(p + 12), 0);
	assert_int_equal(get(p + 16), 262144);
	assert_int_equal(get(p + 20), ETHERNET);
	p += FILE_HEADER;

	static const uint32_t expected[3][3] = {
		{ 946684800, 999999999, 60 },
		{ 946684802, 0, 1514 },
		{ 946684803, 1, 65549 },
	};
	for (int i = 0; i < 3; i++) {
		assert_int_equal(get(p), expected[i][0]);
		assert_int_equal(get(p + 4), expected[i][1]);
		assert_int_equal(get(p + 8), expected[i][2]);
		assert_int_equal(get(p + 12), expected[i][2]);
		assert_memory_equal(p + 16, large, expected[i][2]);
		p += RECORD_HEADER + expected[i][2];
	}
	fake_close(&fake);
}

static void has_no_offloads(void **state)
{
	(void)state;
	snprintf(spec, sizeof(spec), "pcap:,%s", out);
	assert_int_equal(fake_open(&fake, spec, 0), 0);
	assert_int_equal(fake.dev.config.features, 0);
	fake_close(&fake);
}

/* 200 frames in 64s, from each kind of classic file. */
static void reads_classic(void **state)
{
	static const uint32_t magic[] = { MICRO, NANO };
	uint8_t data[300];

	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		put_header(kind & 1, magic[kind / 2], ETHERNET);
		for (int i = 0; i < 200; i++) {
			memset(data, i, sizeof(data));
			put_record(data, 60 + i, 60 + i);
		}
		write_in();
		snprintf(spec, sizeof(spec), "pcap:%s,%s", in, out);
		assert_int_equal(fake_open(&fake, spec, 0), 0);
		receive_all();
		assert_int_equal(fake.n, 200);
		assert_int_equal(fake.batches, 4);
		for (int i = 0; i < 200; i++) {
			memset(data, i, sizeof(data));
			assert_int_equal(fake.frame[i].len, 60 + i);
			assert_memory_equal(fake.frame[i].data, data, 60 + i);
		}
		assert_true(fake.carrier);
		fake_close(&fake);
	}
}

/* Section header, interface description, two enhanced packet blocks. */
static void reads_pcapng(void **state)
{
	uint8_t data[64];

	(void)state;
	for (int big_endian = 0; big_endian < 2; big_endian++) {
		file.len = 0;
		file.big_endian = big_endian;
		put(0x0a0d0d0a, 4);
		put(28, 4);
		put(0x1a2b3c4d, 4);
		put(1, 2);
		put(0, 2);
		put(-1, 4);
		put(-1, 4);
		put(28, 4);
		put(1, 4);
		put(20, 4);
		put(ETHERNET, 2);
		put(0, 2);
		put(65535, 4);
		put(20, 4);
		for (int i = 0; i < 2; i++) {
			memset(data, i + 1, sizeof(data));
			put(6, 4);
			put(32 + 64, 4);
			put(0, 4);
			put(0, 4);
			put(0, 4);
			put(61 + i, 4);
			put(61 + i, 4);
			memcpy(file.data + file.len, data, 64);
			file.len += 64;
			put(32 + 64, 4);
		}
		write_in();
		snprintf(spec, sizeof(spec), "pcap:%s,%s", in, out);
		assert_int_equal(fake_open(&fake, spec, 0), 0);
		receive_all();
		assert_int_equal(fake.n, 2);
		assert_int_equal(fake.frame[0].len, 61);
		assert_int_equal(fake.frame[1].len, 62);
		assert_int_equal(fake.frame[1].data[0], 2);
		assert_true(fake.carrier);
		fake_close(&fake);
	}
}

/* What was sent by one device arrives at another. */
static void round_trip(void **state)
{
	uint8_t frame[2000];

	(void)state;
	snprintf(spec, sizeof(spec), "pcap:,%s", out);
	assert_int_equal(fake_open(&fake, spec, 0), 0);
	for (int i = 0; i < 500; i++) {
		memset(frame, i, sizeof(frame));
		assert_int_equal(fake_send(&fake, NULL, frame, 14 + i * 3, 3), 1);
	}
	fake_close(&fake);
	assert_int_equal(rename(out, in), 0);
	snprintf(spec, sizeof(spec), "pcap:%s,%s", in, out);
	assert_int_equal(fake_open(&fake, spec, 0), 0);
	receive_all();
	assert_int_equal(fake.n, 500);
	for (int i = 0; i < 500; i++) {
		memset(frame, i, sizeof(frame));
		assert_int_equal(fake.frame[i].len, 14 + i * 3);
		assert_memory_equal(fake.frame[i].data, frame, 14 + i * 3);
	}
	fake_close(&fake);
}

/* Batches are bounded by bytes too: 20 frames of 60,000 do not fit one. */
static void large_frames_come_in_several_batches(void **state)
{
	static uint8_t data[60000];

	(void)state;
	put_header(false, MICRO, ETHERNET);
	for (int i = 0; i < 17; i++)
		put_record(data, sizeof(data), sizeof(data));
	write_in();
	snprintf(spec, sizeof(spec), "pcap:%s,%s", in, out);
	assert_int_equal(fake_open(&fake, spec, 0), 0);
	receive_all();
	assert_int_equal(fake.n, 17);
	assert_true(fake.batches >= 17 * 60000 / (256 * 1024));
	fake_close(&fake);
}

/* tcpdump -s 20 */
static void cut_frame_arrives_cut(void **state)
{
	(void)state;
	put_header(false, MICRO, ETHERNET);
	put_record("0123456789abcdefghij", 20, 1500);
	write_in();
	snprintf(spec, sizeof(spec), "pcap:%s,%s", in, out);
	assert_int_equal(fake_open(&fake, spec, 0), 0);
	receive_all();
	assert_int_equal(fake.n, 1);
	assert_int_equal(fake.frame[0].len, 20);
	fake_close(&fake);
}

/* Cut at each byte: what is whole arrives, and no more. */
static void truncated_capture_is_a_link_down(void **state)
{
	uint8_t data[40] = { 1 };
	size_t whole = FILE_HEADER + RECORD_HEADER + sizeof(data);

	(void)state;
	snprintf(spec, sizeof(spec), "pcap:%s,%s", in, out);
	for (size_t len = 0; len <= whole + RECORD_HEADER + sizeof(data); len++) {
		put_header(false, MICRO, ETHERNET);
		put_record(data, sizeof(data), sizeof(data));
		put_record(data, sizeof(data), sizeof(data));
		size_t full = file.len;

		file.len = len;
		write_in();
		if (len < FILE_HEADER) {
			assert_int_equal(fake_open(&fake, spec, 0), -EINVAL);
			assert_non_null(strstr(fake_error(), "not a capture"));
			continue;
		}
		assert_int_equal(fake_open(&fake, spec, 0), 0);
		receive_all();
		assert_int_equal(fake.n, (len - FILE_HEADER) / (whole - FILE_HEADER));
		assert_int_equal(fake.carrier, len == FILE_HEADER || len == whole || len == full);
		fake_close(&fake);
	}
}

/* Lengths that cannot be: an error, not a read beyond. */
static void impossible_length_is_a_link_down(void **state)
{
	static const uint32_t bad[] = { 0xffffffff, 0x80000000, 0x7fffffff, 300000 };
	uint8_t data[40] = { 1 };

	(void)state;
	snprintf(spec, sizeof(spec), "pcap:%s,%s", in, out);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put_header(false, MICRO, ETHERNET);
		put_record(data, sizeof(data), sizeof(data));
		put(0, 4);
		put(0, 4);
		put(bad[i], 4);
		put(bad[i], 4);
		write_in();
		assert_int_equal(fake_open(&fake, spec, 0), 0);
		receive_all();
		assert_int_equal(fake.n, 1);
		assert_false(fake.carrier);
		fake_close(&fake);
	}
}

/* Bytes changed at random, in both formats: no crash, no endless loop. */
static void random_captures(void **state)
{
	uint8_t data[200] = { 0 };

	(void)state;
	srand(3);
	snprintf(spec, sizeof(spec), "pcap:%s,%s", in, out);
	for (int i = 0; i < 400; i++) {
		put_header(i & 1, i & 2 ? MICRO : NANO, ETHERNET);
		if (i & 4) {
			file.len = 0;
			put(0x0a0d0d0a, 4);
			put(28, 4);
			put(0x1a2b3c4d, 4);
			put(i & 1 ? 0x00010000 : 1, 4);
			put(-1, 4);
			put(-1, 4);
			put(28, 4);
			put(1, 4);
			put(20, 4);
			put(ETHERNET, 2);
			put(0, 2);
			put(65535, 4);
			put(20, 4);
		}
		for (int k = 0; k < 8; k++)
			put_record(data, rand() % sizeof(data), sizeof(data));
		for (int k = rand() % 6; k > 0; k--)
			file.data[rand() % file.len] = rand();
		file.len -= rand() % 40;
		write_in();
		if (fake_open(&fake, spec, 0))
			continue;
		receive_all();
		fake_close(&fake);
	}
}

/* A full disk, here a limit on the file's size, is seen on the link. */
static void failed_write_is_a_link_down(void **state)
{
	static uint8_t frame[60000];
	struct rlimit old, small;

	(void)state;
	snprintf(spec, sizeof(spec), "pcap:,%s", out);
	assert_int_equal(fake_open(&fake, spec, 0), 0);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 100000;
	setrlimit(RLIMIT_FSIZE, &small);
	for (int i = 0; i < 3; i++)
		assert_int_equal(fake_send(&fake, NULL, frame, sizeof(frame), 1), 1);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_true(fake_step(&fake, 0));
	assert_false(fake.carrier);
	assert_false(fake_step(&fake, 0));
	fake_close(&fake);
}

static void errors_name_the_mend(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(fake_open(&fake, "pcap:", 0), -EINVAL);
	assert_non_null(strstr(fake_error(), "pcap:[IN],OUT"));
	assert_int_equal(fake_open(&fake, "pcap:x", 0), -EINVAL);
	assert_int_equal(fake_open(&fake, "pcap:x,", 0), -EINVAL);
	unlink(in);
	snprintf(spec, sizeof(spec), "pcap:%s,%s", in, out);
	assert_int_equal(fake_open(&fake, spec, 0), -ENOENT);
	assert_int_equal(fake_open(&fake, "pcap:,/nosuchdirectory/x", 0), -ENOENT);
	assert_int_equal(fake_open(&fake, "pcap:,/tmp", 0), -EISDIR);
	assert_int_equal(fake_open(&fake, "pcap:/dev/zero,/tmp/x", 0), -EINVAL);
	assert_non_null(strstr(fake_error(), "regular file"));

	put_header(false, MICRO, RAW_IP);
	write_in();
	assert_int_equal(fake_open(&fake, spec, 0), -EMEDIUMTYPE);
	assert_non_null(strstr(fake_error(), "RAW"));

	/* A pipe must not block, a file must not be lost to itself. */
	unlink(out);
	assert_int_equal(mkfifo(out, 0600), 0);
	assert_int_equal(fake_open(&fake, spec, 0), -EMEDIUMTYPE);
	snprintf(spec, sizeof(spec), "pcap:,%s", out);
	assert_int_equal(fake_open(&fake, spec, 0), -ENXIO);
	snprintf(spec, sizeof(spec), "pcap:%s,%s", out, out);
	assert_int_equal(fake_open(&fake, spec, 0), -EINVAL);
	unlink(out);
	put_header(false, MICRO, ETHERNET);
	write_in();
	assert_int_equal(symlink(in, out), 0);
	snprintf(spec, sizeof(spec), "pcap:%s,%s", in, out);
	assert_int_equal(fake_open(&fake, spec, 0), -EINVAL);
	assert_non_null(strstr(fake_error(), "both read and written"));
	assert_int_equal(stat(in, &st), 0);
	assert_int_equal(st.st_size, FILE_HEADER);
}

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(writes_what_is_sent),
		FILE_TEST(has_no_offloads),
		FILE_TEST(reads_classic),
		FILE_TEST(reads_pcapng),
		FILE_TEST(round_trip),
		FILE_TEST(large_frames_come_in_several_batches),
		FILE_TEST(cut_frame_arrives_cut),
		FILE_TEST(truncated_capture_is_a_link_down),
		FILE_TEST(impossible_length_is_a_link_down),
		FILE_TEST(random_captures),
		FILE_TEST(failed_write_is_a_link_down),
		FILE_TEST(errors_name_the_mend),
	};

	signal(SIGXFSZ, SIG_IGN);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("pcap", tests, NULL, NULL);
}
