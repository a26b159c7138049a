/* The Fourier transform of 4096 complex doubles, radix 2 in place: additions, multiplications, strides. */
#include "bench.h"

enum { LOG2_SIZE = 12, SIZE = 1 << LOG2_SIZE };
static double real[SIZE], imaginary[SIZE], cosines[SIZE / 2], sines[SIZE / 2];

void fft_prepare(void)
{
	/* The first root of unity by its series; the others by multiplication. */
	double angle = -2 * 3.14159265358979323846 / SIZE, square = angle * angle;
	double c = 1 - square / 2 * (1 - square / 12), s = angle * (1 - square / 6 * (1 - square / 20));
	cosines[0] = 1;
	for (int i = 1; i < SIZE / 2; i++) {
		cosines[i] = cosines[i - 1] * c - sines[i - 1] * s;
		sines[i] = cosines[i - 1] * s + sines[i - 1] * c;
	}
	uint64_t state = 5;
	for (int i = 0; i < SIZE; i++) real[i] = (double)(random_word(&state) >> 40) / (1 << 24) - 0.5;
}

static void exchange(double *one, double *other)
{
	double kept = *one;
	*one = *other;
	*other = kept;
}

static void transform(void)
{
	for (int i = 0, reversed = 0; i < SIZE; i++) {
		if (i < reversed) {
			exchange(&real[i], &real[reversed]);
			exchange(&imaginary[i], &imaginary[reversed]);
		}
		int bit = SIZE / 2;
		for (; bit && reversed & bit; bit >>= 1) reversed ^= bit;
		reversed |= bit;
	}
	for (int half = 1; half < SIZE; half *= 2)
		for (int from = 0; from < SIZE; from += 2 * half)
			for (int k = 0; k < half; k++) {
				double c = cosines[k * (SIZE / 2 / half)], s = sines[k * (SIZE / 2 / half)];
				int low = from + k, high = low + half;
				double x = real[high] * c - imaginary[high] * s, y = real[high] * s + imaginary[high] * c;
				real[high] = real[low] - x;
				imaginary[high] = imaginary[low] - y;
				real[low] += x;
				imaginary[low] += y;
			}
}

uint64_t fft_run(uint64_t rounds)
{
	uint64_t sum = 0;
	for (; rounds; rounds--) {
		transform();
		for (int i = 0; i < SIZE; i++) {
			real[i] *= 1.0 / 64; /* keeps the size of the numbers */
			imaginary[i] *= 1.0 / 64;
		}
		sum = mixed(mixed(sum, bits_of(real[1])), bits_of(imaginary[SIZE / 3]));
	}
	return sum;
}
