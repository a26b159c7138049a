/* The five bodies of the outer solar system, moved in steps: divisions and square roots among the rest. */
#include "bench.h"

enum { BODIES = 5, STEPS = 1000 };
#define DAYS 365.24
#define SOLAR_MASS 39.47841760435743
struct body {
	double x, y, z, vx, vy, vz, mass;
};

static const struct body start[BODIES] = {
	{0, 0, 0, 0, 0, 0, SOLAR_MASS},
	{4.841431442464721, -1.1603200440274284, -0.10362204447112311, 0.001660076642744037 * DAYS,
	 0.007699011184197404 * DAYS, -0.0000690460016972063 * DAYS, 0.0009547919384243266 * SOLAR_MASS},
	{8.34336671824458, 4.124798564124305, -0.4035234171143214, -0.002767425107268624 * DAYS,
	 0.004998528012349172 * DAYS, 0.00002304172975737639 * DAYS, 0.0002858859806661308 * SOLAR_MASS},
	{12.894369562139131, -15.111151401698631, -0.22330757889265573, 0.002964601375647616 * DAYS,
	 0.0023784717395948095 * DAYS, -0.000029658956854023756 * DAYS, 0.00004366244043351563 * SOLAR_MASS},
	{15.379697114850917, -25.919314609987964, 0.17925877295037118, 0.0026806777249038932 * DAYS,
	 0.001628241700382423 * DAYS, -0.00009515922545197159 * DAYS, 0.00005151389020466114 * SOLAR_MASS},
};

static void advance(struct body *bodies, double by)
{
	for (int i = 0; i < BODIES; i++)
		for (int j = i + 1; j < BODIES; j++) {
			struct body *one = &bodies[i], *other = &bodies[j];
			double dx = one->x - other->x, dy = one->y - other->y, dz = one->z - other->z;
			double squared = dx * dx + dy * dy + dz * dz;
			double magnitude = by / (squared * square_root(squared));
			one->vx -= dx * other->mass * magnitude;
			one->vy -= dy * other->mass * magnitude;
			one->vz -= dz * other->mass * magnitude;
			other->vx += dx * one->mass * magnitude;
			other->vy += dy * one->mass * magnitude;
			other->vz += dz * one->mass * magnitude;
		}
	for (int i = 0; i < BODIES; i++) {
		bodies[i].x += by * bodies[i].vx;
		bodies[i].y += by * bodies[i].vy;
		bodies[i].z += by * bodies[i].vz;
	}
}

uint64_t nbody_run(uint64_t rounds)
{
	struct body bodies[BODIES];
	for (int i = 0; i < BODIES; i++) bodies[i] = start[i];
	for (uint64_t step = rounds * STEPS; step; step--) advance(bodies, 0.01);
	uint64_t sum = 0;
	for (int i = 0; i < BODIES; i++)
		sum = mixed(mixed(mixed(sum, bits_of(bodies[i].x)), bits_of(bodies[i].y)), bits_of(bodies[i].z));
	return sum;
}
