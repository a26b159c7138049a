/*
 * Every F and D operation on awkward numbers, in every rounding mode. A line gives a hash over all results
 * and accrued flags: it must be the one that QEMU gives. Unprivileged spec, "F" and "D" extensions.
 */
#include "../runtime/runtime.h"

static const uint64_t doubles[] = {
	0, 0x8000000000000000, 0x3ff0000000000000, 0xbff0000000000000, 0x3ff8000000000000, 0x4008000000000000,
	0x3fd5555555555555, 0x400921fb54442d18, 0x0000000000000001, 0x800fffffffffffff, 0x000fffffffffffff,
	0x0010000000000000, 0x7fefffffffffffff, 0xffefffffffffffff, 0x7ff0000000000000, 0xfff0000000000000,
	0x7ff8000000000000, 0xfff8000000000123, 0x7ff0000000000001, 0x43e0000000000000, 0xc3e0000000000000,
	0x43efffffffffffff, 0x41dfffffffc00000, 0xc1e0000000200000, 0x41effffffff00000, 0x3fe0000000000000,
	0xbfefffffffffffff, 0x36a0000000000000, 0x380fffffffffffff, 0x47efffffe0000000, 0x47effffff0000000, 0x4330000000000001,
};
static const uint32_t singles[] = {
	0, 0x80000000, 0x3f800000, 0xbf800000, 0x3fc00000, 0x40400000, 0x3eaaaaab, 0x40490fdb, 0x00000001, 0x807fffff,
	0x007fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00123, 0x7f800001,
	0x5f000000, 0xdf000000, 0x5f7fffff, 0x4f000000, 0xcf000001, 0x4f7fffff, 0x3f000000, 0xbf7fffff, 0x1a2b3c4d,
	0x4b000001, 0x33800000, 0x33800001, 0xb4000000,
};
enum { VALUES = sizeof doubles / sizeof *doubles, RANDOM = 300 };
_Static_assert(VALUES == sizeof singles / sizeof *singles, "as many singles as doubles");

static uint64_t hash;
static uint64_t state;

static void add_to_hash(uint64_t value)
{
	hash = (hash ^ value) * 0x100000001b3;
	hash ^= hash >> 32;
}

/* The i-th number of the list, then random ones whose exponents are close enough to matter. */
static uint64_t pick_double(int i)
{
	if (i < VALUES) return doubles[i];
	uint64_t bits = next_random(&state);
	return (bits & 0x800fffffffffffff) | (1023 - 40 + next_random(&state) % 80) << 52;
}

static uint32_t pick_single(int i)
{
	if (i < VALUES) return singles[i];
	uint64_t bits = next_random(&state);
	return (uint32_t)(bits & 0x807fffff) | (uint32_t)(127 - 20 + next_random(&state) % 40) << 23;
}

static void begin(void)
{
	hash = 0xcbf29ce484222325;
	state = 0x2545f4914f6cdd1d;
}

static void end(const char *name) { print("%s 0x%x", name, hash); }

/* One operation: clear the flags, load operands as bits, compute, hash the result's bits and the flags. */
#define OPERATE(instruction, result_move, operands_in, ...) \
	do { \
		uint64_t result_, flags_; \
		__asm__ volatile("fsflags zero\n" operands_in instruction "\n" result_move "\n frflags %1" \
				 : "=&r"(result_), "=&r"(flags_) : __VA_ARGS__ : "ft0", "ft1", "ft2"); \
		add_to_hash(result_); \
		add_to_hash(flags_); \
	} while (0)
#define IN1(move) move " ft0, %2\n"
#define IN2(move) move " ft0, %2\n" move " ft1, %3\n"
#define IN3(move) move " ft0, %2\n" move " ft1, %3\n" move " ft2, %4\n"

#define BINARY(name, pick, in, instruction, out) \
	begin(); \
	for (int i = 0; i < VALUES; i++) \
		for (int j = 0; j < VALUES; j++) { uint64_t a = pick(i), b = pick(j); instruction(name, in, out) } \
	for (int i = 0; i < RANDOM; i++) { uint64_t a = pick(VALUES), b = pick(VALUES); instruction(name, in, out) } \
	end(name);
#define ROUNDED2(name, in, out) \
	OPERATE(name " ft0, ft0, ft1, rne", out, IN2(in), "r"(a), "r"(b)); \
	OPERATE(name " ft0, ft0, ft1, rtz", out, IN2(in), "r"(a), "r"(b)); \
	OPERATE(name " ft0, ft0, ft1, rdn", out, IN2(in), "r"(a), "r"(b)); \
	OPERATE(name " ft0, ft0, ft1, rup", out, IN2(in), "r"(a), "r"(b)); \
	OPERATE(name " ft0, ft0, ft1, rmm", out, IN2(in), "r"(a), "r"(b));
#define EXACT2(name, in, out) OPERATE(name " ft0, ft0, ft1", out, IN2(in), "r"(a), "r"(b));
#define COMPARE(name, in, out) OPERATE(name " %0, ft0, ft1", "", IN2(in), "r"(a), "r"(b));

#define UNARY(name, pick, in, instruction, out) \
	begin(); \
	for (int i = 0; i < VALUES + RANDOM; i++) { uint64_t a = pick(i); instruction(name, in, out) } \
	end(name);
#define ROUNDED1(name, in, out) \
	OPERATE(name " ft0, ft0, rne", out, IN1(in), "r"(a)); \
	OPERATE(name " ft0, ft0, rtz", out, IN1(in), "r"(a)); \
	OPERATE(name " ft0, ft0, rdn", out, IN1(in), "r"(a)); \
	OPERATE(name " ft0, ft0, rup", out, IN1(in), "r"(a)); \
	OPERATE(name " ft0, ft0, rmm", out, IN1(in), "r"(a));
#define EXACT1(name, in, out) OPERATE(name " ft0, ft0", out, IN1(in), "r"(a));
#define TO_INTEGER(name, in, out) \
	OPERATE(name " %0, ft0, rne", "", IN1(in), "r"(a)); \
	OPERATE(name " %0, ft0, rtz", "", IN1(in), "r"(a)); \
	OPERATE(name " %0, ft0, rdn", "", IN1(in), "r"(a)); \
	OPERATE(name " %0, ft0, rup", "", IN1(in), "r"(a)); \
	OPERATE(name " %0, ft0, rmm", "", IN1(in), "r"(a));
#define CLASSIFY(name, in, out) OPERATE(name " %0, ft0", "", IN1(in), "r"(a));
#define FROM_INTEGER(name, in, out) \
	OPERATE(name " ft0, %2, rne", out, "", "r"(a)); \
	OPERATE(name " ft0, %2, rtz", out, "", "r"(a)); \
	OPERATE(name " ft0, %2, rdn", out, "", "r"(a)); \
	OPERATE(name " ft0, %2, rup", out, "", "r"(a)); \
	OPERATE(name " ft0, %2, rmm", out, "", "r"(a));
#define FROM_SMALL_INTEGER(name, in, out) OPERATE(name " ft0, %2", out, "", "r"(a));

#define TERNARY(name, pick, in, out) \
	begin(); \
	for (int i = 0; i < VALUES; i++) \
		for (int j = 0; j < VALUES; j++) \
			for (int k = 0; k < VALUES; k += 3) { uint64_t a = pick(i), b = pick(j), c = pick(k); FUSED(name, in, out) } \
	for (int i = 0; i < RANDOM; i++) { uint64_t a = pick(VALUES), b = pick(VALUES), c = pick(VALUES); FUSED(name, in, out) } \
	end(name);
#define FUSED(name, in, out) \
	OPERATE(name " ft0, ft0, ft1, ft2, rne", out, IN3(in), "r"(a), "r"(b), "r"(c)); \
	OPERATE(name " ft0, ft0, ft1, ft2, rdn", out, IN3(in), "r"(a), "r"(b), "r"(c)); \
	OPERATE(name " ft0, ft0, ft1, ft2, rmm", out, IN3(in), "r"(a), "r"(b), "r"(c));

#define OUT_S "fmv.x.w %0, ft0"
#define OUT_D "fmv.x.d %0, ft0"
#define PICK_S pick_single, "fmv.w.x"
#define PICK_D pick_double, "fmv.d.x"
/* One more level, so that PICK_S becomes two arguments. */
#define BINARY_(...) BINARY(__VA_ARGS__)
#define UNARY_(...) UNARY(__VA_ARGS__)
#define TERNARY_(...) TERNARY(__VA_ARGS__)

static uint64_t pick_integer(int i)
{
	static const uint64_t integers[] = {0, 1, -1UL, 0x7fffffff, 0x80000000, 0xffffffff, 0x7fffffffffffffff,
					    0x8000000000000000, 0xfffffffffffffbff, 0x20000000000001, 0x1000001,
					    0xffffffff00000000, 0x7ffffffffffffc00, 0x7ffffffffffffe00, 0x3fffffffffffff};
	enum { COUNT = sizeof integers / sizeof *integers };
	if (i < COUNT) return integers[i];
	uint64_t bits = next_random(&state);
	return bits >> (next_random(&state) & 63);
}

static void singles_and_doubles(void)
{
	BINARY_("fadd.s", PICK_S, ROUNDED2, OUT_S) BINARY_("fsub.s", PICK_S, ROUNDED2, OUT_S)
	BINARY_("fmul.s", PICK_S, ROUNDED2, OUT_S) BINARY_("fdiv.s", PICK_S, ROUNDED2, OUT_S)
	UNARY_("fsqrt.s", PICK_S, ROUNDED1, OUT_S)
	BINARY_("fadd.d", PICK_D, ROUNDED2, OUT_D) BINARY_("fsub.d", PICK_D, ROUNDED2, OUT_D)
	BINARY_("fmul.d", PICK_D, ROUNDED2, OUT_D) BINARY_("fdiv.d", PICK_D, ROUNDED2, OUT_D)
	UNARY_("fsqrt.d", PICK_D, ROUNDED1, OUT_D)
}

static void fused(void)
{
	TERNARY_("fmadd.s", PICK_S, OUT_S) TERNARY_("fmsub.s", PICK_S, OUT_S)
	TERNARY_("fnmadd.s", PICK_S, OUT_S) TERNARY_("fnmsub.s", PICK_S, OUT_S)
	TERNARY_("fmadd.d", PICK_D, OUT_D) TERNARY_("fmsub.d", PICK_D, OUT_D)
	TERNARY_("fnmadd.d", PICK_D, OUT_D) TERNARY_("fnmsub.d", PICK_D, OUT_D)
}

static void exact(void)
{
	BINARY_("fmin.s", PICK_S, EXACT2, OUT_S) BINARY_("fmax.s", PICK_S, EXACT2, OUT_S)
	BINARY_("fsgnj.s", PICK_S, EXACT2, OUT_S) BINARY_("fsgnjn.s", PICK_S, EXACT2, OUT_S)
	BINARY_("fsgnjx.s", PICK_S, EXACT2, OUT_S)
	BINARY_("feq.s", PICK_S, COMPARE, "") BINARY_("flt.s", PICK_S, COMPARE, "") BINARY_("fle.s", PICK_S, COMPARE, "")
	UNARY_("fclass.s", PICK_S, CLASSIFY, "")
	BINARY_("fmin.d", PICK_D, EXACT2, OUT_D) BINARY_("fmax.d", PICK_D, EXACT2, OUT_D)
	BINARY_("fsgnj.d", PICK_D, EXACT2, OUT_D) BINARY_("fsgnjn.d", PICK_D, EXACT2, OUT_D)
	BINARY_("fsgnjx.d", PICK_D, EXACT2, OUT_D)
	BINARY_("feq.d", PICK_D, COMPARE, "") BINARY_("flt.d", PICK_D, COMPARE, "") BINARY_("fle.d", PICK_D, COMPARE, "")
	UNARY_("fclass.d", PICK_D, CLASSIFY, "")
}

static void conversions(void)
{
	UNARY_("fcvt.w.s", PICK_S, TO_INTEGER, "") UNARY_("fcvt.wu.s", PICK_S, TO_INTEGER, "")
	UNARY_("fcvt.l.s", PICK_S, TO_INTEGER, "") UNARY_("fcvt.lu.s", PICK_S, TO_INTEGER, "")
	UNARY_("fcvt.w.d", PICK_D, TO_INTEGER, "") UNARY_("fcvt.wu.d", PICK_D, TO_INTEGER, "")
	UNARY_("fcvt.l.d", PICK_D, TO_INTEGER, "") UNARY_("fcvt.lu.d", PICK_D, TO_INTEGER, "")
	UNARY_("fcvt.s.d", PICK_D, ROUNDED1, OUT_S) UNARY_("fcvt.d.s", PICK_S, EXACT1, OUT_D)
	UNARY("fcvt.s.w", pick_integer, "", FROM_INTEGER, OUT_S) UNARY("fcvt.s.wu", pick_integer, "", FROM_INTEGER, OUT_S)
	UNARY("fcvt.s.l", pick_integer, "", FROM_INTEGER, OUT_S) UNARY("fcvt.s.lu", pick_integer, "", FROM_INTEGER, OUT_S)
	UNARY("fcvt.d.w", pick_integer, "", FROM_SMALL_INTEGER, OUT_D)
	UNARY("fcvt.d.wu", pick_integer, "", FROM_SMALL_INTEGER, OUT_D)
	UNARY("fcvt.d.l", pick_integer, "", FROM_INTEGER, OUT_D) UNARY("fcvt.d.lu", pick_integer, "", FROM_INTEGER, OUT_D)
}

static volatile bool illegal;
static void on_trap(struct trap_frame *frame)
{
	illegal = frame->cause == 2;
	frame->pc += 4;
}

static void state_and_modes(void)
{
	uint64_t bits;
	__asm__ volatile("fmv.d.x ft0, %1\n fadd.s ft0, ft0, ft0\n fmv.x.d %0, ft0" : "=r"(bits) : "r"(0x3ff0000000000000) : "ft0");
	check_equal(bits, 0xffffffff7fc00000, "a single that is not NaN-boxed counts as the canonical NaN");
	__asm__ volatile("fsrm %1\n fmv.d.x ft0, %2\n fmv.d.x ft1, %3\n fdiv.d ft0, ft0, ft1\n fsrm zero\n fmv.x.d %0, ft0"
			 : "=&r"(bits) : "r"(3L), "r"(0x3ff0000000000000), "r"(0x4008000000000000) : "ft0", "ft1");
	check_equal(bits, 0x3fd5555555555556, "the dynamic rounding mode comes from frm");
	__asm__ volatile("csrw fcsr, %1\n csrr %0, fcsr\n csrw fcsr, zero" : "=&r"(bits) : "r"(0xffL));
	check_equal(bits, 0xff, "fcsr keeps frm and fflags");

	set_trap_handler(on_trap);
	illegal = false;
	__asm__ volatile("fsrm %0\n fadd.d ft0, ft0, ft0, dyn\n fsrm zero" ::"r"(5L) : "ft0");
	check(illegal, "a reserved dynamic rounding mode is an illegal instruction");
	illegal = false;
	clear_csr(sstatus, 3 * SSTATUS_FS_INITIAL);
	__asm__ volatile(".option push\n .option norvc\n fmv.d.x ft0, zero\n .option pop" ::: "ft0");
	check(illegal, "a float instruction with sstatus.FS off is illegal");
	set_csr(sstatus, SSTATUS_FS_INITIAL);
	__asm__ volatile("fmv.d.x ft0, zero" ::: "ft0");
	check(read_csr(sstatus) >> 63 && (read_csr(sstatus) >> 13 & 3) == 3, "a float write makes sstatus.FS and SD dirty");
}

int main(int boot_hart)
{
	(void)boot_hart;
	singles_and_doubles();
	fused();
	exact();
	conversions();
	state_and_modes();
	finish("float");
}
