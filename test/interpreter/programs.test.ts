import {interpreter, tagInterpreters} from '../execution/engine.ts'
import {testPrograms} from '../execution/programs.ts'

for (const engine of [interpreter, ...tagInterpreters]) testPrograms(engine)
