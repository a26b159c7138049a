/** Why frames were thrown away: counted, and nothing else. */

export const dropReasons = [
	'short-frame',
	'unknown-protocol',
	'bad-arp',
	'bad-ip-header',
	'bad-ip-checksum',
	'bad-source',
	'bad-destination',
	'bad-fragment',
	'too-many-fragments',
	'bad-checksum',
	'bad-segment',
	'bad-dhcp',
	'restricted',
	'too-many-connections',
	'queue-full',
	'unknown-neighbour',
] as const

export type DropReason = (typeof dropReasons)[number]

export class Drops {
	readonly counts: Record<DropReason, number> = Object.fromEntries(dropReasons.map((reason) => [reason, 0])) as Record<
		DropReason,
		number
	>

	count(reason: DropReason): void {
		this.counts[reason]++
	}
}
