import {interpreter, tagInterpreters} from '../execution/engine.ts'
import {testMappings} from '../execution/mappings.ts'

for (const engine of [interpreter, ...tagInterpreters]) testMappings(engine)
