namespace RLSquared.Settings;

/// <summary>What a user is told about one option: the line of <c>rl2 list</c> and of the documentation.</summary>
/// <param name="Name">The name on the command line, in lower case with hyphens, such as <c>learning-rate</c>.</param>
/// <param name="Kind">What may be written, such as 'whole number' or 'easy, medium or hard'.</param>
/// <param name="Default">The value when the user says nothing.</param>
/// <param name="Description">What the option is.</param>
/// <param name="Low">What a low value does; empty where the question makes no sense.</param>
/// <param name="High">What a high value does; empty where the question makes no sense.</param>
public sealed record Setting(string Name, string Kind, string Default, string Description, string Low, string High);
