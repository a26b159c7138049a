import test from 'ava'
import {parseNetworks, type RawNetworkOptions} from '../../../src/main/command-line/network-options.ts'
import {formatAddress, formatMac} from '../../../src/net/index.ts'

const one = (raw: RawNetworkOptions) => {
	const networks = parseNetworks(raw)
	if (networks.length !== 1) throw new Error(`Expected one network, got ${networks.length}`)
	return networks[0]!
}
const user = (keys: string) => one({nic: [`user${keys && `,${keys}`}`]})

test('--nic user is the network that QEMU has', (t) => {
	const {settings, mac, dumps} = user('')
	t.is(formatMac(mac), '52:54:00:12:34:56')
	t.deepEqual(dumps, [])
	t.deepEqual(
		[
			settings.network,
			settings.gateway,
			settings.dns,
			settings.dhcpStart,
			settings.prefix,
			settings.gateway6,
			settings.dns6,
		].map(formatAddress),
		['10.0.2.0', '10.0.2.2', '10.0.2.3', '10.0.2.15', 'fec0::', 'fec0::2', 'fec0::3'],
	)
	t.like(settings, {networkBits: 24, prefixBits: 64, ipv4: true, ipv6: true, isRestricted: false, forwards: []})
	t.deepEqual(parseNetworks({nic: ['none']}), [])
	t.deepEqual(parseNetworks({}), [])
})

test('forwards are of loopback unless an address is given, and may be several', (t) => {
	const {settings} = user(
		'hostfwd=tcp:127.0.0.1:2222-:22,hostfwd=udp::5353-10.0.2.20:53,hostfwd=::0-:80,hostfwd=tcp:[::1]:81-:81',
	)
	t.deepEqual(
		settings.forwards.map(({protocol, host, guest}) => [
			protocol,
			`${host.address} ${host.port}`,
			`${guest.address && formatAddress(guest.address)} ${guest.port}`,
		]),
		[
			['tcp', '127.0.0.1 2222', 'undefined 22'],
			['udp', '127.0.0.1 5353', '10.0.2.20 53'],
			['tcp', '127.0.0.1 0', 'undefined 80'],
			['tcp', '::1 81', 'undefined 81'],
		],
	)
})

test('a network has its gateway, resolver and first guest where QEMU has them', (t) => {
	const places = (keys: string) => {
		const {network, networkBits, gateway, dns, dhcpStart} = user(keys).settings
		return [`${formatAddress(network)}/${networkBits}`, ...[gateway, dns, dhcpStart].map(formatAddress)]
	}
	t.deepEqual(places('net=192.168.76.9/24'), ['192.168.76.0/24', '192.168.76.2', '192.168.76.3', '192.168.76.15'])
	t.deepEqual(places('net=10.1.0.0/255.255.0.0'), ['10.1.0.0/16', '10.1.2.2', '10.1.2.3', '10.1.2.15'])
	t.deepEqual(places('net=172.16.5.5'), ['172.16.0.0/12', '172.16.2.2', '172.16.2.3', '172.16.2.15'])
	t.deepEqual(places('net=10.0.3.0/28,host=10.0.3.1,dns=10.0.3.4,dhcpstart=10.0.3.5'), [
		'10.0.3.0/28',
		'10.0.3.1',
		'10.0.3.4',
		'10.0.3.5',
	])
})

test('names, restriction, families and prefixes are taken', (t) => {
	const {settings} = user('restrict=on,hostname=debian,domainname=lan.example,ipv6-net=fd00:5::/48,ipv6-dns=fd00:5::53')
	t.like(settings, {isRestricted: true, hostname: 'debian', domainName: 'lan.example', prefixBits: 48})
	t.deepEqual([settings.gateway6, settings.dns6].map(formatAddress), ['fd00:5::2', 'fd00:5::53'])
	t.false(user('ipv6=off').settings.ipv6)
})

test('--netdev and --device belong together; each gets an address of its own, and dumps', (t) => {
	const networks = parseNetworks({
		netdev: ['user,id=n0', 'user,id=n1,restrict=on', 'user,id=unused'],
		device: ['virtio-net-device,netdev=n1,mac=52:54:00:12:34:56', 'virtio-rng-device', 'virtio-net-device,netdev=n0'],
		object: ['filter-dump,id=f0,netdev=n0,file=a,,b.pcap', 'rng-builtin,id=r'],
		pcap: 'first.pcap',
	})
	t.deepEqual(
		networks.map(({mac, settings, dumps}) => [formatMac(mac), settings.isRestricted, dumps]),
		[
			['52:54:00:12:34:56', true, ['first.pcap']],
			['52:54:00:12:34:57', false, ['a,b.pcap']],
		],
	)
})

for (const [raw, message] of [
	[{nic: ['tap']}, /^Expected --nic user or none, got tap: Node cannot open such a network; see docs\/network\.md$/],
	[{nic: ['foo']}, /^Expected --nic user or none, got foo$/],
	[{nic: ['user,foo=1']}, /^Expected --nic user with keys among id, model, mac, .*hostfwd, got foo=1$/],
	[{nic: ['user,restrict=maybe']}, /^Expected --nic user with restrict=on or off, got restrict=maybe$/],
	[{nic: ['user,net=10.0.3.0/33']}, /^Expected --nic user with net to be a network such as .*, got 10\.0\.3\.0\/33$/],
	[{nic: ['user,host=11.0.0.1']}, /^Expected --nic user with host in the network 10\.0\.2\.0\/24, got 11\.0\.0\.1$/],
	[{nic: ['user,dns=10.0.2.2']}, /^Expected --nic user with host, dns and dhcpstart different from each other, got /],
	[{nic: ['user,ipv4=off,ipv6=off']}, /^Expected --nic user with IPv4 or IPv6, got both off$/],
	[{nic: ['user,ipv4=off,net=10.0.0.0/8']}, /^Expected --nic user without net where ipv4=off, got net=10\.0\.0\.0\/8$/],
	[{nic: ['user,smb=/srv']}, /^Expected --nic user without smb, got smb=\/srv: folders are shared otherwise$/],
	[{nic: ['user,model=e1000']}, /^Expected --nic user with model=virtio, got e1000$/],
	[
		{nic: ['user,mac=52']},
		/^Expected --nic user with mac to be an address of one device such as 52:54:00:12:34:56, got 52$/,
	],
	[{nic: ['user,mac=01:00:5e:00:00:01']}, /to be an address of one device/],
	[
		{nic: ['user,hostname=a b']},
		/^Expected --nic user with hostname to be a name of at most 255 letters.*, got "a b"$/,
	],
	...[
		'tcp:1:2',
		'tcp::99999-:22',
		'sctp::1-:2',
		'tcp::22-:',
		'tcp::22-:0',
		'tcp:host:22-:22',
		'tcp::22-::1:22',
		'',
	].map(
		(forward) =>
			[{nic: [`user,hostfwd=${forward}`]}, /^Expected hostfwd to be like tcp:127\.0\.0\.1:2222-:22 or /] as const,
	),
	[{netdev: ['user']}, /^Expected --netdev user with id=ID, got user$/],
	[{netdev: ['user,id=a', 'user,id=a']}, /^Duplicate ID 'a' for netdev$/],
	[
		{device: ['virtio-net-device,netdev=zz']},
		/^Expected --device virtio-net-device with netdev=ID of a --netdev, got /,
	],
	[
		{netdev: ['user,id=a'], device: ['virtio-net-device,netdev=a', 'virtio-net-device,netdev=a']},
		/^Expected one --device for each --netdev/,
	],
	[{object: ['filter-dump,id=f,netdev=n,file=x']}, /^Expected --object filter-dump with netdev=ID of a --netdev/],
	[{pcap: 'x'}, /^Expected --pcap with --nic user, got no network device$/],
] as const satisfies readonly (readonly [RawNetworkOptions, RegExp])[])
	test(`${JSON.stringify(raw)} is refused by one line`, (t) => {
		const {message: got} = t.throws(() => parseNetworks(raw))
		t.regex(got, message)
	})
