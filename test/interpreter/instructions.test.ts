import {interpreter} from '../execution/engine.ts'
import {testInstructions} from '../execution/instructions.ts'

testInstructions(interpreter)
