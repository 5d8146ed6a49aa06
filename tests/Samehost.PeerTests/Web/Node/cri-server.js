// cri-server.js PROTO TARGET [DETAILS]: a container runtime with @grpc/grpc-js; given details, it fails with them. Prints "serving".
'use strict';
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [proto, target, details] = process.argv.slice(2);
const { RuntimeService } = grpc.loadPackageDefinition(loader.loadSync(proto, { keepCase: true })).runtime.v1;
const server = new grpc.Server();
server.addService(RuntimeService.service, {
    Version: (call, answer) => details
        ? answer({ code: grpc.status.UNAVAILABLE, details })
        : answer(null, { version: call.request.version, runtime_name: 'node', runtime_version: '1', runtime_api_version: 'v1' }),
});
server.bindAsync(target, grpc.ServerCredentials.createInsecure(), error => console.log(error ? error.message : 'serving'));
