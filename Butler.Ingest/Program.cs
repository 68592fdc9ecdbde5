using Butler.Ingest;
using Butler.Ingest.Accounts;
using Butler.Ingest.Import;
using Butler.Ingest.Keys;
using Butler.Ingest.People;
using Butler.Ingest.Processing;
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
app.MapPeople();
app.MapFamilies();
app.MapTokens();
app.MapKeys();
await app.RunAsync();
