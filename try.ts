import {makePlan} from './src/bench/flush/plan.ts'
import {carryOut} from './src/bench/flush/measure.ts'
import {writeRecord} from './src/bench/flush/record.ts'
const plan = makePlan({amount:'quick', parts:(process.argv[2]??'cost,boot,compute,storms,switches,mix').split(',') as any, qemus:[{file:'/usr/bin/qemu-system-riscv64',version:'7.2.22'}], seed:1})
const record = {schema:1,command:'x',date:new Date().toISOString(),manyhart:'0.1.0',node:process.version,host:'h',amount:'quick',parts:[],seed:1,defaults:{},state:'running',planned:plan.runs.length,subjects:plan.subjects as any,measurements:[]} as any
const r = await carryOut({plan,record,keep:async (r)=>writeRecord('/tmp/flush.json',r),prepareLinux:async()=>{},signal:new AbortController().signal,stream:process.stderr})
for (const m of r.measurements) if (m.kind!=='cost') console.log(m.kind,m.subject,m.harts,m.took,m.error,m.bootSeconds,m.cpuSeconds,JSON.stringify(m.programs))
console.log(r.state)
