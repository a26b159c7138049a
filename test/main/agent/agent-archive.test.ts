import test from 'ava'
import {agentAppend, agentArchive} from '../../../src/main/agent/agent-archive.ts'

test('alone the agent is the first program, and nothing is printed that nobody reads; a panic ends the machine', (t) => {
	t.is(
		agentAppend('earlycon console=ttyS0,115200n8r panic=10 quiet', 'alone'),
		'rdinit=/manyhart/agent console=ttyS0,115200n8r quiet loglevel=3 panic=-1 -- alone',
	)
})

test('beside an init the command line is the guest’s own; without one there is an early console', (t) => {
	t.is(agentAppend('a b', 'beside'), 'rdinit=/manyhart/agent a b -- beside')
	t.is(agentAppend(undefined, 'beside'), 'rdinit=/manyhart/agent earlycon -- beside')
})

test('words for the guest’s init come before the agent’s', (t) => {
	t.is(agentAppend('a -- single', 'beside'), 'rdinit=/manyhart/agent a -- single beside')
})

test('a guest whose root is on a disk starts its own initramfs, which knows the hook', (t) => {
	t.is(agentAppend('root=/dev/vda earlycon=sbi', 'alone'), 'root=/dev/vda quiet loglevel=3 panic=-1')
})

test('the archive has the program and the hook', async (t) => {
	const alone = Buffer.from(await agentArchive('alone')).toString('latin1')
	t.true(alone.includes('manyhart/agent\0'))
	t.regex(alone, /umount .*\n.*\nexec switch_root/, 'Linux mounts a tag once')
	t.true(alone.includes('exec switch_root /root /run/manyhart-agent alone'))
	const beside = Buffer.from(await agentArchive('beside')).toString('latin1')
	t.true(beside.includes('chroot /root /run/manyhart-agent serve &'))
})
