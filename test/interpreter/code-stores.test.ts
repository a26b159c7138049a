import {testCodeStores} from '../execution/code-stores.ts'
import {interpreter, tagInterpreters} from '../execution/engine.ts'

for (const engine of [interpreter, ...tagInterpreters]) testCodeStores(engine)
