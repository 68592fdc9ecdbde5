using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Butler.ServiceDefaults;

/// <summary>Options that are checked when the service starts, all errors at once.</summary>
public static class ValidatedOptionsExtensions
{
    /// <summary>Binds <paramref name="section"/> and checks annotations (and <see cref="IValidatableObject"/>) at start.</summary>
    /// <typeparam name="T">The options type.</typeparam>
    /// <param name="services">The services.</param>
    /// <param name="section">The section, such as "Butler:Progress"; errors name "section:Property".</param>
    public static OptionsBuilder<T> AddValidatedOptions<T>(this IServiceCollection services, string section)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(section);
        services.AddSingleton<IValidateOptions<T>>(new Validator<T>(section));
        return services.AddOptions<T>().BindConfiguration(section).ValidateOnStart();
    }

    private sealed class Validator<T>(string section) : IValidateOptions<T>
        where T : class
    {
        public ValidateOptionsResult Validate(string? name, T options)
        {
            var results = new List<ValidationResult>();
            if (Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true))
            {
                return ValidateOptionsResult.Success;
            }

            return ValidateOptionsResult.Fail(results.Select(r =>
                $"{string.Join(", ", r.MemberNames.Select(m => $"{section}:{m}").DefaultIfEmpty(section))}: {r.ErrorMessage}"));
        }
    }
}
