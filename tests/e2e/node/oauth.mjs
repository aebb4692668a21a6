/* The standard surface as npm oauth4webapi sees it: it finds everything by the issuer, and checks every answer. */
import { answer } from './request.mjs';
import * as oauth from 'oauth4webapi';

const plain = { [oauth.allowInsecureRequests]: true }; // http, on 127.0.0.1

async function discover(issuer) {
  const url = new URL(issuer);
  const response = await oauth.discoveryRequest(url, { ...plain, algorithm: 'oauth2' });
  return oauth.processDiscoveryResponse(url, response);
}

/* The server's metadata, the client, and its way to authenticate. */
async function setUp({ issuer, client_id, client_secret, method }) {
  const authenticate = method === 'post' ? oauth.ClientSecretPost : oauth.ClientSecretBasic;
  return [await discover(issuer), { client_id }, authenticate(client_secret)];
}

await answer({
  discovery: ({ issuer }) => discover(issuer),

  async client_credentials({ parameters = {}, ...who }) {
    const [as, client, authentication] = await setUp(who);
    const response = await oauth.clientCredentialsGrantRequest(as, client, authentication, parameters, plain);
    return oauth.processClientCredentialsResponse(as, client, response);
  },

  /* The password grant and extension grants. */
  async grant({ grant_type, parameters, ...who }) {
    const [as, client, authentication] = await setUp(who);
    const response = await oauth.genericTokenEndpointRequest(as, client, authentication, grant_type, parameters, plain);
    return oauth.processGenericTokenEndpointResponse(as, client, response);
  },

  async refresh({ token, ...who }) {
    const [as, client, authentication] = await setUp(who);
    const response = await oauth.refreshTokenGrantRequest(as, client, authentication, token, plain);
    return oauth.processRefreshTokenResponse(as, client, response);
  },

  async introspect({ token, ...who }) {
    const [as, client, authentication] = await setUp(who);
    const response = await oauth.introspectionRequest(as, client, authentication, token, plain);
    return oauth.processIntrospectionResponse(as, client, response);
  },

  async revoke({ token, ...who }) {
    const [as, client, authentication] = await setUp(who);
    return oauth.processRevocationResponse(await oauth.revocationRequest(as, client, authentication, token, plain));
  },
});
