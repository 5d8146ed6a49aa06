// cri-version.js PROTO TARGET [METHOD]: asks a container runtime for its version with @grpc/grpc-js, and prints the answer as JSON, or
// the code of the failure. METHOD is one of the service's, as another than Version may be missing on the server.
'use strict';
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [proto, target, path] = process.argv.slice(2);
const { RuntimeService } = grpc.loadPackageDefinition(loader.loadSync(proto, { keepCase: true })).runtime.v1;
const client = new RuntimeService(target, grpc.credentials.createInsecure());
const { requestSerialize, responseDeserialize } = RuntimeService.service.Version;
const deadline = Date.now() + 15000;
client.makeUnaryRequest(
    path ?? RuntimeService.service.Version.path, requestSerialize, responseDeserialize, { version: 'v1' }, { deadline },
    (error, answer) => {
        console.log(error ? `${grpc.status[error.code]}: ${error.details}` : JSON.stringify(answer));
        client.close();
    });
