using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Templates;
using RLSquared.Language.Tokenizers;
using RLSquared.Tensors;

namespace RLSquared.Language.Verifiers.Judges;

/// <summary>
/// A language model that judges: it reads an instruction and a question (<see cref="JudgePrompts"/>), writes an
/// analysis, greedily, and a line with a score. An answer without one has no score.
/// </summary>
public sealed class ModelJudge : IJudge, IDisposable
{
    readonly LanguageModel model;
    bool ownsModel;
    readonly Tokenizer tokenizer;
    readonly ChatTemplate? template;
    readonly Generator generator;
    readonly SamplingOptions sampling;

    /// <summary>A judge over a model.</summary>
    /// <param name="model">Who judges; shared, not owned.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="template">How it wants conversations written; null for a model that only completes texts.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <param name="longestAnswer">The most tokens of an answer.</param>
    public ModelJudge(
        LanguageModel model, Tokenizer tokenizer, ChatTemplate? template, Workers workers, int longestAnswer = 2048)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentOutOfRangeException.ThrowIfLessThan(longestAnswer, 1);
        (this.model, this.tokenizer, this.template) = (model, tokenizer, template);
        generator = new Generator(model, new GeneratorOptions(), tokenizer, workers);
        sampling = new SamplingOptions
        {
            MaximumTokens = longestAnswer,
            Temperature = 0,
            StopTokens = model.Configuration.EndTokens,
        };
    }

    /// <summary>Answers that held no score.</summary>
    public long Unparsable { get; private set; }

    /// <inheritdoc/>
    public Task<IReadOnlyList<int?>> Score(
        IReadOnlyList<JudgeQuestion> questions, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(questions);
        int?[] scores = new int?[questions.Count];
        List<int> asked = [];
        for (int i = 0; i < questions.Count; i++)
        {
            int[] prompt = Prompt(questions[i]);
            if (prompt.Length == 0 || prompt.Length >= model.Configuration.MaximumPositions)
                continue;                                   // more than the model can read: no score
            asked.Add(i);
            generator.Submit(prompt, sampling, seed: 0);
        }
        cancellation.ThrowIfCancellationRequested();
        foreach ((int question, GeneratedSequence answer) in asked.Zip(generator.Run(cancellation)))
        {
            string text = answer.Text ?? tokenizer.Decode([.. answer.Tokens], skipSpecial: true);
            scores[question] = JudgePrompts.Parse(text);
        }
        Unparsable += scores.Count(score => score is null);
        return Task.FromResult<IReadOnlyList<int?>>(scores);
    }

    int[] Prompt(JudgeQuestion question)
    {
        (string instruction, string text) = (JudgePrompts.Instruction(question.Part), JudgePrompts.Question(question));
        return template is null ? tokenizer.Encode($"{instruction}\n\n{text}\n")
            : tokenizer.Encode(template.Render([new("system", instruction), new("user", text)]).Text,
                addTemplate: false);
    }

    /// <summary>A judge over the model of a Hugging Face folder, which it owns.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The folder holds no model.</exception>
    internal static ModelJudge Open(string folder, Workers workers, int longestAnswer) =>
        new(LanguageModel.Load(folder), Tokenizer.Load(Path.Combine(folder, "tokenizer.json")),
            ChatTemplate.Load(folder), workers, longestAnswer)
        {
            ownsModel = true,
        };

    /// <summary>Returns the memory; a model that was given stays.</summary>
    public void Dispose()
    {
        generator.Dispose();
        if (ownsModel)
            model.Dispose();
    }
}
