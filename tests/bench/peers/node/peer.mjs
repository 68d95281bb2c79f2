// The Node SDK's gRPC worker (job streaming), as its documentation sets it up. Protocol: tests/bench/peer.py.
import { createInterface } from 'node:readline'
import { Camunda8 } from '@camunda8/sdk'

const zeebe = new Camunda8({
  ZEEBE_ADDRESS: process.argv[2],
  CAMUNDA_OAUTH_DISABLED: true,
  CAMUNDA_SECURE_CONNECTION: false,
  CAMUNDA_LOG_LEVEL: 'none',
  ZEEBE_CLIENT_LOG_LEVEL: 'NONE',
}).getZeebeGrpcApiClient()

// The SDK leaves the cancellation of its own streams, when they are closed, to nobody.
process.on('uncaughtException', (error) => {
  if (error.code !== 1) throw error
})

let worker, streams, wanted, done

const handle = async (job) => {
  const answer = await job.complete({ echoed: job.variables.number })
  done += 1
  if (done === wanted) console.log(`done ${done}`)
  return answer
}

const open = async (type, count) => {
  wanted = Number(count)
  done = 0
  worker = zeebe.createWorker({ taskType: type, taskHandler: handle, maxJobsToActivate: 100, timeout: 60_000 })
  streams = await zeebe.streamJobs({ type, worker: 'node', taskHandler: handle, timeout: 60_000 })
  console.log('opened')
}

const close = async () => {
  streams?.close?.()
  await worker?.close()
  console.log(`closed ${done}`)
}

console.log('ready')
for await (const line of createInterface({ input: process.stdin })) {
  const [order, ...words] = line.split(' ')
  if (order === 'open') await open(...words)
  if (order === 'close') await close()
}
process.exit(0)
