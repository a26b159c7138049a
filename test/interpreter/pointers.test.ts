import {interpreter, tagInterpreters} from '../execution/engine.ts'
import {testPointers} from '../execution/pointers.ts'

for (const engine of [interpreter, ...tagInterpreters]) testPointers(engine)
