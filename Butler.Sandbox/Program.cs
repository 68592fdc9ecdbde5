using Butler.Mail.Files;
using Butler.Sandbox;

WebApplication app;
try
{
    app = SandboxApp.Build(args);
}
catch (MailFilesException e)
{
    // The message is written for the owner: no such path, not mail. EX_CONFIG of sysexits.h: another start would end the same.
    await Console.Error.WriteLineAsync(e.Message);
    return 78;
}

await app.RunAsync();
return 0;
