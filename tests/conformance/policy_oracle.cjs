// Answers policy cases (policy_cases.py), a JSON object a line, with what iam-simulate decides: node policy_oracle.cjs FOLDER.
const path = require('path')
const readline = require('readline')

const modules = path.resolve(process.argv[2], 'node_modules/@cloud-copilot')
const inner = (name) => require(path.join(modules, 'iam-simulate/dist/cjs', name))
const { loadPolicy } = require(path.join(modules, 'iam-policy/dist/cjs/index.js'))
const { authorize } = inner('core_engine/CoreSimulatorEngine.js')
const { AwsRequestImpl } = inner('request/request.js')
const { RequestContextImpl } = inner('requestContext.js')
const { DiscoveryContextKeyConstraints } = inner('context_keys/discoveryContextKeyConstraints.js')

const load = (documents) => documents?.map((document, i) => loadPolicy(document, { name: String(i) }))
const levels = (lists) => (lists ?? []).map((list, i) => ({ orgIdentifier: String(i), policies: load(list) }))

function decide(given) {
  const principal = given.principal === 'anonymous' ? { type: 'Anonymous' } : given.principal
  const resource = { resource: given.resource, accountId: given.resourceAccount }
  const context = new RequestContextImpl(given.context)
  return authorize({
    request: new AwsRequestImpl(principal, resource, given.action, context, given.resource === '*'),
    sessionPolicy: given.session ? load(given.session)[0] : undefined,
    identityPolicies: load(given.identity ?? []),
    serviceControlPolicies: levels(given.scp),
    resourceControlPolicies: levels(given.rcp),
    resourcePolicy: given.resourcePolicy ? load(given.resourcePolicy)[0] : undefined,
    permissionBoundaries: load(given.boundary),
    vpcEndpointPolicies: load(given.endpoint),
    simulationParameters: {
      simulationMode: 'Strict',
      discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([])
    },
    serviceSettings: { s3: { blockPublicAccess: undefined } }
  }).result
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  try {
    console.log(decide(JSON.parse(line)))
  } catch (trouble) {
    console.log(`trouble: ${trouble.message}`)
  }
})
