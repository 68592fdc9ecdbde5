using Butler.Mail.Files;
using Butler.Sandbox;

WebApplication app;
try
{
    app = SandboxApp.Build(args);
}
catch (MailFilesException e)
{
    // The message is written for the owner: no such path, empty, not mail.
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}

await app.RunAsync();
return 0;
