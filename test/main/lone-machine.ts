/** A process that creates a machine whose I/O worker is slow, and does nothing else. */
import {threadEntries} from '../../src/main/artifacts.ts'
import {Machine} from '../../src/main/index.ts'
import {mebibyte} from './test-machine.ts'

const [kernel = ''] = process.argv.slice(2)
Object.assign(threadEntries, {io: new URL('slow-io.ts', import.meta.url)})
const options = {smp: 1, memory: 64 * mebibyte, kernel, networks: ['user,hostfwd=tcp::0-:22']}
await using machine = await Machine.create(options)
console.log(`${machine.forwards.length} port`)
