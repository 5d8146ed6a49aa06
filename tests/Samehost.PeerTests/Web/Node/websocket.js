// websocket.js SOCKET PATH: sends a text, a large binary message and a ping over a WebSocket, expects them back, and closes.
'use strict';
const WebSocket = require('ws');

const [socket, path] = process.argv.slice(2);
const client = new WebSocket(`ws+unix://${socket}:${path}`);
const large = Buffer.alloc(300_000, 'samehost');
client.on('error', error => console.log(`error: ${error.message}`));
client.on('open', () => client.send('hello'));
client.on('message', (data, isBinary) => {
    if (!isBinary) {
        console.log(`text: ${data}`);
        client.send(large);
    } else {
        console.log(`binary: ${data.length} bytes, ${data.equals(large) ? 'the same' : 'other ones'}`);
        client.ping('still there?');
    }
});
client.on('pong', data => {
    console.log(`pong: ${data}`);
    client.close(1000, 'that was all');
});
client.on('close', (code, reason) => console.log(`closed: ${code} ${reason}`));
