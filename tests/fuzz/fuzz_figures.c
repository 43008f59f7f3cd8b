/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What `vcryptod ctl` makes of a device's page of figures.
 *
 * Input: words and where they are put in the pages of two views of a device with two queues.  In
 * each form what comes out is printable ASCII, a text has no line of more than 80
 * columns, and the braces of a JSON document close.
 */
#include "ctl_print.h"
#include "fuzz_input.h"

#define QUEUES		2
#define PAGE_WORDS	((sizeof(struct vcryptod_figures) + \
			QUEUES * sizeof(struct vcryptod_queue_figures)) / sizeof(uint64_t))
#define MAX_WORDS	100u
#define COLUMNS		80u

static struct {
	struct vcryptod_ctl_device device;
	uint64_t page[PAGE_WORDS];
} body;

/* Of a byte: most are numbers that an algorithm may have. */
static unsigned int
row_alg(uint8_t n)
{
	return vcryptod_row_alg((enum virtio_crypto_service)(n >> 6), n & 63);
}

static void
put_words(struct fuzz_input *in)
{
	unsigned int n = fuzz_u8(in) % MAX_WORDS;
	uint64_t *word;
	uint8_t how;

	for (; n > 0 && in->left != 0; n--) {
		word = &body.page[fuzz_u16(in) % PAGE_WORDS];
		how = fuzz_u8(in);
		if (how % 4 == 0)
			*word = fuzz_u64(in);
		else if (how % 4 == 1)
			*word = VCRYPTOD_ROW_KEY(fuzz_u8(in), row_alg(fuzz_u8(in)),
					row_alg(fuzz_u8(in)));
		else
			*word = how % 4 == 2 ? how >> 2 : UINT64_MAX - (how >> 2);
	}
}

static void
read_view(struct vcryptod_view *v, struct fuzz_input *in)
{
	struct vcryptod_ctl_head head = { .magic = VCRYPTOD_CTL_MAGIC,
		.version = VCRYPTOD_CTL_VERSION, .layout = VCRYPTOD_FIGURES_LAYOUT,
		.nb_devices = 1, .nb_queues = QUEUES, .page_size = sizeof(body.page) };
	const char *why;

	put_words(in);
	FUZZ_CHECK(vcryptod_view_size(&head, &why) == sizeof(body));
	FUZZ_CHECK(vcryptod_view_parse(v, &head, &body) == 0);
	FUZZ_CHECK(vcryptod_view_failed(&v->device[0].sum) <= v->device[0].sum.requests);
}

/* pairs: braces are those of the form, and so in pairs. */
static void
check_text(const char *text, size_t size, bool columns, bool pairs)
{
	int depth = 0;
	size_t i, column = 0;

	for (i = 0; i < size; i++) {
		FUZZ_CHECK(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~'));
		column = text[i] == '\n' ? 0 : column + 1;
		FUZZ_CHECK(!columns || column <= COLUMNS);
		depth += (text[i] == '{') - (text[i] == '}');
		FUZZ_CHECK(!pairs || depth >= 0);
	}
	FUZZ_CHECK(size != 0 && column == 0 && (!pairs || depth == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct vcryptod_view now, before;
	char *text = NULL;
	unsigned int form;
	size_t len;
	FILE *to;

	memset(&body, 0, sizeof(body));
	/* The rest is the supervisor's word. */
	fuzz_take(&in, body.device.path, sizeof(body.device.path));
	read_view(&before, &in);
	body.device.now_ns += fuzz_u32(&in);
	read_view(&now, &in);
	for (form = 0; form < 3; form++) {
		to = open_memstream(&text, &len);
		FUZZ_CHECK(to != NULL);
		if (form == 0)
			vcryptod_print_text(to, &now.device[0], &before);
		else if (form == 1)
			vcryptod_print_json(to, &now, &before);
		else
			vcryptod_print_prometheus(to, &now);
		FUZZ_CHECK(fclose(to) == 0);
		/* A path may have braces. */
		check_text(text, len, form == 0, strpbrk(now.device[0].path, "{}") == NULL);
		free(text);
	}
	vcryptod_view_fini(&now);
	vcryptod_view_fini(&before);
	return 0;
}
