import {regionEngines} from '../execution/engine.ts'
import {testInstructions} from '../execution/instructions.ts'

for (const engine of regionEngines) testInstructions(engine)
