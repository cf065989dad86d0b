using System.Text.Json;

namespace RLSquared.Algorithms;

/// <summary>
/// An algorithm that shows some of what it learns from, such as completions of a language model with their rewards. A
/// run keeps them in <c>samples.jsonl</c>, and the dashboard shows them.
/// </summary>
public interface ISampledAlgorithm : IAlgorithm
{
    /// <summary>Writes what the last iteration drew, as properties of a JSON object.</summary>
    /// <param name="json">Within an object.</param>
    /// <returns>Whether it drew anything; if not, nothing was written.</returns>
    bool WriteSamples(Utf8JsonWriter json);
}
