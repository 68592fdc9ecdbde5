using Butler.Ingest;
using Butler.Ingest.Accounts;
using Butler.Ingest.Audits;
using Butler.Ingest.Failures;
using Butler.Ingest.Files;
using Butler.Ingest.Import;
using Butler.Ingest.Keys;
using Butler.Ingest.People;
using Butler.Ingest.Processing;
using Butler.Ingest.Push;
using Butler.Ingest.Schedules;
using Butler.ServiceDefaults;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Documents;

var builder = WebApplication.CreateBuilder(args);
if (await FileConnector.RefuseAsync(builder.Configuration) is { } refused)
{
    // The message is written for the owner. EX_CONFIG of sysexits.h: another start would end the same.
    await Console.Error.WriteLineAsync(refused);
    return 78;
}

builder.AddServiceDefaults();
builder.AddIngest();

var app = builder.Build();
app.MapDefaultEndpoints();
app.UseButlerAuthentication();
app.MapButlerOpenApi();
app.MapImport();
app.MapProcessing();
app.MapAccounts();
app.MapWebhook();
app.MapPeople();
app.MapFamilies();
app.MapTokens();
app.MapKeys();
app.MapSchedules();
app.MapFailedTasks();
app.MapAudits();
await app.RunAsync();
return 0;
