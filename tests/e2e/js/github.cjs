// What the action configure-aws-credentials does: role, session name and token from the job, then who am I.
const { STSClient, AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand } = require("@aws-sdk/client-sts");

(async () => {
  const [role, token] = process.argv.slice(2);
  const anonymous = new STSClient({ credentials: { accessKeyId: "", secretAccessKey: "" } });
  const { Credentials } = await anonymous.send(new AssumeRoleWithWebIdentityCommand({
    RoleArn: role, RoleSessionName: "GitHubActions", DurationSeconds: 3600, WebIdentityToken: token,
  }));
  const credentials = {
    accessKeyId: Credentials.AccessKeyId, secretAccessKey: Credentials.SecretAccessKey, sessionToken: Credentials.SessionToken,
  };
  const { Arn } = await new STSClient({ credentials }).send(new GetCallerIdentityCommand({}));
  process.stdout.write(Arn);
})();
