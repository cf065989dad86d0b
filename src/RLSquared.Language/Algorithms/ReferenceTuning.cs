using RLSquared.Language.Data;
using RLSquared.Language.Experience;
using RLSquared.Language.Files;
using RLSquared.Language.Prompts;
using RLSquared.Tensors;

namespace RLSquared.Language.Algorithms;

/// <summary>
/// Supervised fine-tuning on references, a baseline of ExpRL: the policy learns to write the reference of each prompt.
/// It is the warm start of <see cref="Rloo"/>, on references and without an end: 25 updates an iteration.
/// </summary>
public static class ReferenceTuning
{
    /// <summary>The name on the command line.</summary>
    public const string Name = "sft";

    /// <summary>Fine-tuning on the column <c>reference</c> of a task's prompts.</summary>
    /// <param name="task">Prompts, with a reference each.</param>
    /// <param name="options">The model, and the batch and step size of the warm start.</param>
    /// <param name="seed">Of everything random.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    public static Rloo Create(PromptTask task, RlooOptions options, ulong seed, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(options);
        return new Rloo(new References(task), options with
        {
            WarmStart = int.MaxValue,
            WarmStartReward = float.MaxValue,
        }, seed, workers, Name);
    }

    sealed class References(PromptTask task) : DelegatingPromptTask(task)
    {
        public override TokenSequence Wanted(ulong seed, long number)
        {
            PromptExample example = Draw(seed, number);
            return TokenSequence.Of(Tokenizer, example with
            {
                Completion = example.Columns.TryGetValue("reference", out var reference)
                    ? reference.GetString() : throw new InvalidDataException(
                        $"the prompt '{JsonField.Excerpt(example.Prompt, 60)}' has no column 'reference' to " +
                        "learn from"),
            }, EndTokens.Count > 0 ? EndTokens[0] : null);
        }
    }
}
