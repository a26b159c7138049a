import {interpreter, tagInterpreters} from '../execution/engine.ts'
import {testLookups} from '../execution/lookups.ts'

for (const engine of [interpreter, ...tagInterpreters]) testLookups(engine)
