/** An I/O worker for tests that is slow to start: by then nothing else is under way in the process. */
import {setTimeout as delay} from 'node:timers/promises'

await delay(3000)
await import('../../src/io/worker.ts')
