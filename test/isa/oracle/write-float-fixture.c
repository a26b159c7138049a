/*
 * Writes fixtures/float.txt: what an x86-64 processor computes, whose rules for tininess and flags are RISC-V's.
 * NaN results are printed as RISC-V's canonical NaN. A line: operation, rounding mode as in frm, result, flags as in fflags, operands.
 *
 *   gcc -O1 -frounding-math -fsignaling-nans -mfma write-float-fixture.c -o write-float-fixture -lm && ./write-float-fixture > fixtures/float.txt
 */
#include <fenv.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static uint64_t state = 88172645463325252ull;

static uint64_t next(void) {
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Bits of a double of some kind: any, tiny, near 1, special, subnormal, of few significant bits. */
static uint64_t random64(void) {
	static const uint64_t special[] = {
		0, 0x8000000000000000, 0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000, 0x7ff0000000000001, 1,
		0x000fffffffffffff, 0x0010000000000000, 0x7fefffffffffffff, 0x3ff0000000000000, 0xbff0000000000000, 0x3fefffffffffffff,
	};
	uint64_t bits = next();
	switch (next() % 6) {
	case 0: return bits;
	case 1: return (bits & 0x800fffffffffffff) | ((next() % 60 + 1) << 52);
	case 2: return (bits & 0x800fffffffffffff) | ((1019 + next() % 8) << 52);
	case 3: return special[next() % (sizeof special / sizeof *special)];
	case 4: return bits & 0x800fffffffffffff;
	default: return (bits & 0x800ffffff0000000) | ((923 + next() % 200) << 52);
	}
}

static uint32_t random32(void) {
	static const uint32_t special[] = {
		0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f800001, 1,
		0x007fffff, 0x00800000, 0x7f7fffff, 0x3f800000, 0xbf800000, 0x3f7fffff,
	};
	uint32_t bits = next();
	switch (next() % 6) {
	case 0: return bits;
	case 1: return (bits & 0x807fffff) | ((next() % 30 + 1) << 23);
	case 2: return (bits & 0x807fffff) | ((123 + next() % 8) << 23);
	case 3: return special[next() % (sizeof special / sizeof *special)];
	case 4: return bits & 0x807fffff;
	default: return (bits & 0x807ff000) | ((77 + next() % 100) << 23);
	}
}

static int flags(void) {
	return (fetestexcept(FE_INEXACT) ? 1 : 0) | (fetestexcept(FE_UNDERFLOW) ? 2 : 0) | (fetestexcept(FE_OVERFLOW) ? 4 : 0) |
	       (fetestexcept(FE_DIVBYZERO) ? 8 : 0) | (fetestexcept(FE_INVALID) ? 16 : 0);
}

static double asDouble(uint64_t bits) {
	double value;
	memcpy(&value, &bits, sizeof value);
	return value;
}
static float asFloat(uint32_t bits) {
	float value;
	memcpy(&value, &bits, sizeof value);
	return value;
}
static uint64_t bitsOfDouble(double value) {
	uint64_t bits;
	memcpy(&bits, &value, sizeof bits);
	return (bits & 0x7fffffffffffffff) > 0x7ff0000000000000 ? 0x7ff8000000000000 : bits;
}
static uint32_t bitsOfFloat(float value) {
	uint32_t bits;
	memcpy(&bits, &value, sizeof bits);
	return (bits & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : bits;
}

#define LINE(type, bitsOf, name, expression, ...) do { \
	feclearexcept(FE_ALL_EXCEPT); \
	volatile type result = (expression); \
	int raised = flags(); \
	printf(name " %d %lx %d", mode, (unsigned long)bitsOf(result), raised); \
	printf(__VA_ARGS__); \
} while (0)
#define D(...) LINE(double, bitsOfDouble, __VA_ARGS__)
#define S(...) LINE(float, bitsOfFloat, __VA_ARGS__)

int main(void) {
	static const int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
	for (int round = 0; round < 80; round++) {
		uint64_t A = random64(), B = random64(), C = random64();
		uint32_t P = random32(), Q = random32(), R = random32();
		volatile double a = asDouble(A), b = asDouble(B), c = asDouble(C);
		volatile float p = asFloat(P), q = asFloat(Q), r = asFloat(R);
		int mode = round % 4;
		fesetround(modes[mode]);
		D("f64_add", a + b, " %lx %lx\n", A, B);
		D("f64_sub", a - b, " %lx %lx\n", A, B);
		D("f64_mul", a * b, " %lx %lx\n", A, B);
		D("f64_div", a / b, " %lx %lx\n", A, B);
		D("f64_sqrt", __builtin_sqrt(a), " %lx\n", A);
		D("f64_fma", fma(a, b, c), " %lx %lx %lx\n", A, B, C);
		S("f32_add", p + q, " %x %x\n", P, Q);
		S("f32_sub", p - q, " %x %x\n", P, Q);
		S("f32_mul", p * q, " %x %x\n", P, Q);
		S("f32_div", p / q, " %x %x\n", P, Q);
		S("f32_sqrt", __builtin_sqrtf(p), " %x\n", P);
		S("f32_fma", fmaf(p, q, r), " %x %x %x\n", P, Q, R);
		S("f64_to_f32", (float)a, " %lx\n", A);
		D("f32_to_f64", (double)p, " %x\n", P);
		S("i64_to_f32", (float)(int64_t)A, " %lx\n", A);
		D("i64_to_f64", (double)(int64_t)A, " %lx\n", A);
	}
}
