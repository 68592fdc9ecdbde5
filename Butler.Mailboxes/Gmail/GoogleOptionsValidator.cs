using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Butler.Mailboxes.Gmail;

/// <summary>Ranges and relations of <see cref="GoogleOptions"/>; all errors at once, each naming its key (STYLE 10).</summary>
internal sealed class GoogleOptionsValidator : IValidateOptions<GoogleOptions>
{
    public ValidateOptionsResult Validate(string? name, GoogleOptions options)
    {
        List<string> errors = [];
        List<ValidationResult> ranges = [];
        Validator.TryValidateObject(options, new ValidationContext(options), ranges, validateAllProperties: true);
        foreach (var range in ranges)
        {
            errors.Add($"{GoogleOptions.Section}:{range.MemberNames.FirstOrDefault()}: {range.ErrorMessage}");
        }

        CheckAddress(options.BaseAddress, nameof(options.BaseAddress), errors);
        CheckAddress(options.TokenAddress, nameof(options.TokenAddress), errors);
        if (!Enum.IsDefined(options.PriceList))
        {
            errors.Add($"{GoogleOptions.Section}:{nameof(options.PriceList)}: must be classic or 2026.");
        }

        if (options.ClientSecret.Length > 0 && options.ClientId.Length == 0)
        {
            errors.Add($"{GoogleOptions.Section}:{nameof(options.ClientId)}: must be set when ClientSecret is.");
        }

        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static void CheckAddress(Uri? address, string key, List<string> errors)
    {
        if (address is null)
        {
            return; // [Required] has said so
        }

        var secure = address.IsAbsoluteUri && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback));
        if (!secure)
        {
            errors.Add($"{GoogleOptions.Section}:{key}: must be an absolute https address (http only on loopback).");
        }
    }
}
