namespace RLSquared.Language.Algorithms;

/// <summary>What can show, as a text, how it plays: an agent that reads and writes.</summary>
public interface ITranscribed
{
    /// <summary>The transcript of one level that was never learnt from.</summary>
    /// <param name="seed">Of the levels and the draws.</param>
    /// <param name="number">Which level of the seed, from 0.</param>
    string Transcript(ulong seed, int number);
}
