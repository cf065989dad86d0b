namespace RLSquared;

/// <summary>
/// A wrong option: an unknown name, a text that is no number, a value out of range. The message says which, why and
/// what would do. The command line shows the message alone and exits with 2.
/// </summary>
/// <param name="option">The option's name as the user writes it, such as <c>arms</c>.</param>
/// <param name="message">What is wrong and what would be right.</param>
public sealed class OptionException(string option, string message) : Exception(message)
{
    /// <summary>The option's name as the user writes it.</summary>
    public string Option { get; } = option;
}
