// Reads a JSON list of {secret, headers, body} (body in base64) and prints a JSON list of true and
// false: what the official Standard Webhooks library thinks of each.
const {Webhook} = require(process.argv[2] + "/node_modules/standardwebhooks");

function verdict({secret, headers, body}) {
    try {
        new Webhook(secret).verify(Buffer.from(body, "base64"), headers);
        return true;
    } catch (error) {
        // its own refusal; a body that is no JSON is another matter and must be seen
        if (error.name !== "WebhookVerificationError") {
            throw error;
        }
        return false;
    }
}

const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(cases.map(verdict)) + "\n");
