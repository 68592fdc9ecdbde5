using Butler.Ingest;
using Butler.Ingest.Accounts;
using Butler.Ingest.Audits;
using Butler.Ingest.Failures;
using Butler.Ingest.Import;
using Butler.Ingest.Processing;
using Butler.Ingest.Schedules;
using Butler.ServiceDefaults;
using Butler.ServiceDefaults.Access;
using Butler.ServiceDefaults.Documents;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddIngest();

var app = builder.Build();
app.MapDefaultEndpoints();
app.UseButlerAuthentication();
app.MapButlerOpenApi();
app.MapImport();
app.MapProcessing();
app.MapAccounts();
app.MapSchedules();
app.MapFailedTasks();
app.MapAudits();
await app.RunAsync();
