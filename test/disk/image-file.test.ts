import fs from 'node:fs'
import {open} from 'node:fs/promises'
import {syncBuiltinESMExports} from 'node:module'
import {join} from 'node:path'
import test from 'ava'
import {ImageFile} from '../../src/disk/image-file.ts'
import {testFolder} from './images.ts'

test.serial('once the host has lost what was written, it is never said to be safe', async (t) => {
	await using handle = await open(join(await testFolder(t), 'disk.raw'), 'w+')
	const file = new ImageFile(handle.fd)
	await file.write(0, new Uint8Array(512))
	await file.sync()
	const {fdatasync} = fs
	fs.fdatasync = ((_: number, done: (error: Error) => void) => done(new Error('EIO: i/o error, fdatasync'))) as never
	syncBuiltinESMExports()
	await t.throwsAsync(file.sync(), {message: /EIO/})
	// The host reports it once.
	fs.fdatasync = fdatasync
	syncBuiltinESMExports()
	await t.throwsAsync(file.sync(), {message: /EIO/})
})
