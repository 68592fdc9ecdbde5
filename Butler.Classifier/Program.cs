using Butler.Classifier;
using Butler.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddClassifier();

var app = builder.Build();
app.MapDefaultEndpoints();
await app.RunAsync();
