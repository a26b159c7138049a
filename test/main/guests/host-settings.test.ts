import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test from 'ava'
import {authorizedKeys, settingsForGuest} from '../../../src/main/guests/host-settings.ts'

test('apt in the guest takes the proxies of this machine, whose loopback is elsewhere there', (t) => {
	const dump = [
		'APT::Architecture "amd64";',
		'Acquire::http::Proxy "http://127.0.0.1:3142/";',
		'Acquire::https::Proxy "http://proxy.example.org:8080";',
		'Acquire::http::Proxy::mirror.example.org "DIRECT";',
		'Acquire::Check-Valid-Until "false";',
		'Acquire::Check-Date "";',
	].join('\n')
	t.is(
		settingsForGuest(dump),
		[
			'Acquire::http::Proxy "http://10.0.2.2:3142/";',
			'Acquire::https::Proxy "http://proxy.example.org:8080";',
			'Acquire::Check-Valid-Until "false";',
		].join('\n'),
	)
	t.is(
		settingsForGuest('Acquire::http::Proxy "http://localhost.example/";'),
		'Acquire::http::Proxy "http://localhost.example/";',
	)
})

test('the public keys of the user are those of ~/.ssh, and nothing else of it', async (t) => {
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-keys-'))
	t.teardown(() => rm(folder, {recursive: true}))
	const files = {
		id_ed25519: '-----BEGIN OPENSSH PRIVATE KEY-----',
		'id_ed25519.pub': 'ssh-ed25519 AAAA me\n',
		'id_rsa.pub': 'ssh-rsa BBBB\n',
		'id_broken.pub': 'nothing',
		'known_hosts.pub': 'ssh-rsa CCCC',
	}
	for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
	t.is(await authorizedKeys(folder), 'ssh-ed25519 AAAA me\nssh-rsa BBBB')
	t.is(await authorizedKeys(join(folder, 'absent')), '')
})
