/** The hart core as the sources have it now, compiled for this thread. */
import {readFile} from 'node:fs/promises'
import {buildHart} from '../../scripts/build/hart.ts'
import {fromRoot} from '../../scripts/build/project.ts'

await buildHart()
export const hartModule = await WebAssembly.compile(await readFile(fromRoot('dist/hart.wasm')))
