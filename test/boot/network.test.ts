/** Debian's kernel on the user network: an address by DHCP, servers of this machine, and a server of the guest's. */
import {createHash} from 'node:crypto'
import {once} from 'node:events'
import {type AddressInfo, connect, createServer, type Socket} from 'node:net'
import test, {type ExecutionContext} from 'ava'
import {Machine} from '../../src/main/index.ts'
import {longPatience, margin} from '../support/patience.ts'
import {testTranslation} from '../support/translation.ts'
import {fetchedGuest, trouble} from './boot-guest.ts'

const mebibyte = 2 ** 20
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex')
const sample = Uint8Array.from({length: 5 * mebibyte}, (_, index) => (index * 2_654_435_761) >>> 11)

/** Configures the device as DHCP says. */
const configure = [
	'(echo "#!/bin/sh"; echo \'[ $1 = bound ] || exit 0; ip addr add $ip/$mask dev $interface; ip route add default via $router; echo LEASE $ip $router $dns\') > /tmp/s',
	'chmod +x /tmp/s; ip link set eth0 up; cat /sys/class/net/eth0/address',
	'udhcpc -i eth0 -n -q -s /tmp/s',
].join('; ')

async function serve(t: ExecutionContext, serveOne: (socket: Socket) => void): Promise<number> {
	const server = createServer({allowHalfOpen: true}, (socket) => {
		socket.on('error', () => {})
		serveOne(socket)
	})
	server.listen(0, '127.0.0.1')
	await once(server, 'listening')
	t.teardown(() => server.close())
	return (server.address() as AddressInfo).port
}

for (const [virtioMmioVersion, smp] of [
	[1, 1],
	[2, 2],
] as const)
	test(`Linux has an address, asks servers of this machine, and serves; by virtio-mmio of version ${virtioMmioVersion}`, async (t) => {
		t.timeout(longPatience + margin)
		const guest = await fetchedGuest(t, 'debian')
		if (!guest) return
		const web = await serve(t, (socket) => {
			socket.once('data', () => {
				socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${sample.length}\r\nConnection: close\r\n\r\n`)
				socket.end(sample)
			})
		})
		const taken = Promise.withResolvers<string>()
		const sink = await serve(t, (socket) => {
			const hash = createHash('md5')
			socket.on('data', (bytes) => hash.update(bytes))
			socket.on('end', () => {
				taken.resolve(hash.digest('hex'))
				socket.end('thanks\n')
			})
		})
		await using machine = await Machine.create({
			smp,
			memory: 512 * mebibyte,
			...guest,
			networks: ['user,hostfwd=tcp::0-:8080,mac=52:54:00:ab:cd:ef,ipv6=off'],
			virtioMmioVersion,
			signal: AbortSignal.timeout(longPatience),
			...testTranslation(),
		})
		t.is(machine.forwards[0]!.bound.address, '127.0.0.1')
		const commands = [
			configure,
			`wget -q -O /tmp/f http://10.0.2.2:${web}/ && md5sum /tmp/f`,
			`nc 10.0.2.2 ${sink} < /tmp/f`,
			'wget -q -T 9 -O /dev/null http://10.0.2.2:1/ || echo REFUSED',
			'ping -c 1 10.0.2.2 | grep received',
			'(sleep 1; echo LISTENS) & md5sum /tmp/f | nc -l -p 8080',
			'poweroff -f',
		].join('; ')
		const running = machine.run()
		let text = ''
		let isTyped = false
		let served: Promise<string> | undefined
		for await (const bytes of machine.console) {
			text += Buffer.from(bytes).toString('latin1')
			if (!isTyped && text.includes('~ # ')) {
				isTyped = true
				machine.console.write(`${commands}\n`)
			}
			if (!served && /^LISTENS\r?$/m.test(text)) served = readAll(machine.forwards[0]!.bound.port)
		}
		t.deepEqual(await running, {reason: 'power-off', exitCode: 0})
		t.notRegex(text, trouble)
		t.regex(text, /^52:54:00:ab:cd:ef\r?$/m)
		t.regex(text, /^LEASE 10\.0\.2\.15 10\.0\.2\.2 10\.0\.2\.3\r?$/m)
		t.true(text.includes(`${md5(sample)}  /tmp/f`))
		t.is(await taken.promise, md5(sample))
		t.regex(text, /^thanks\r?$/m)
		t.regex(text, /^REFUSED\r?$/m)
		t.regex(text, /1 packets received/)
		t.is(await served, `${md5(sample)}  /tmp/f\n`)
	})

async function readAll(port: number): Promise<string> {
	const socket = connect(port, '127.0.0.1')
	// busybox's nc ends with its peer: the guest's end comes first.
	let text = ''
	for await (const bytes of socket) text += bytes
	return text
}
